import { callRewards, callReward } from '../custom/call-reward.ts';
import type { ComputedReward } from '../custom/call-reward.ts';
import type { BatchReward, Reward, RewardValue } from '../custom/reward.ts';
import { RewardError } from '../errors.ts';

/** One term of a `sum`; `name` is how its value is logged. */
export interface RewardTerm {
  readonly name: string;
  readonly weight: number;
  readonly reward: Reward | BatchReward;
}

/**
 * The weighted sum of rewards; each term's own value is a metric under its name. With a term that looks at many trajectories at once, e.g.
 * `normalise(informationGain())`, so does the sum. Throws `RewardError` (`bad-options`) for a bad weight or name.
 */
export function sum(terms: readonly (RewardTerm & { readonly reward: Reward })[]): Reward;
export function sum(terms: readonly RewardTerm[]): Reward | BatchReward;
export function sum(terms: readonly RewardTerm[]): Reward | BatchReward {
  for (const { name, weight } of terms) {
    if (!Number.isFinite(weight)) throw new RewardError('bad-options', `the weight of ${name} is ${weight}: give a finite number`);
  }
  if (new Set(terms.map(({ name }) => name)).size < terms.length)
    throw new RewardError('bad-options', 'two terms have one name: name them apart');
  const add = (values: readonly ComputedReward[]): RewardValue => {
    const metrics = Object.assign(
      {},
      ...values.map((value, place) => ({ ...value.metrics, [terms[place]!.name]: value.reward })),
    ) as Record<string, number>;
    return { reward: values.reduce((total, value, place) => total + terms[place]!.weight * value.reward, 0), metrics };
  };
  const rewards = terms.map(({ reward }) => reward);
  const single = rewards.filter((reward) => typeof reward === 'function');
  if (single.length === rewards.length) {
    return async (trajectory, context) => add(await Promise.all(single.map((reward) => callReward(reward, trajectory, context))));
  }
  return {
    async batch(trajectories, context) {
      const columns = await Promise.all(rewards.map((reward) => callRewards(reward, trajectories, context)));
      return trajectories.map((_, place) => add(columns.map((column) => column[place]!)));
    },
  };
}

/**
 * `reward` where `condition` is above 0, `otherwise` (default 0) elsewhere, where it is not even computed.
 * `gate(format(), outcome())` pays for right answers in the right form only.
 */
export function gate(condition: Reward, reward: Reward, options: { readonly otherwise?: number } = {}): Reward {
  const { otherwise = 0 } = options;
  return async (trajectory, context) => {
    const open = await callReward(condition, trajectory, context);
    if (open.reward <= 0) return { reward: otherwise, metrics: { ...open.metrics, gate: 0 } };
    const value = await callReward(reward, trajectory, context);
    return { reward: value.reward, metrics: { ...open.metrics, ...value.metrics, gate: 1 } };
  };
}

/**
 * A reward made comparable within its group (`trajectory.group`; those without one are a group of their own): `z-score` (default) subtracts
 * the mean and divides by the standard deviation, `min-max` maps to [0, 1]. Where all are equal, all are 0. The value before is the metric `raw`.
 */
export function normalise(reward: Reward, options: { readonly kind?: 'z-score' | 'min-max' } = {}): BatchReward {
  const { kind = 'z-score' } = options;
  return {
    async batch(trajectories, context) {
      const values = await callRewards(reward, trajectories, context);
      const groups = new Map<string | undefined, number[]>();
      for (const [place, { group }] of trajectories.entries()) groups.set(group, [...(groups.get(group) ?? []), values[place]!.reward]);
      const scales = new Map([...groups].map(([group, raw]) => [group, scaleOf(raw, kind)]));
      return trajectories.map(({ group }, place) => {
        const { reward: raw, metrics } = values[place]!;
        return { reward: scales.get(group)!(raw), metrics: { ...metrics, raw } };
      });
    },
  };
}

function scaleOf(values: readonly number[], kind: 'z-score' | 'min-max'): (value: number) => number {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  // Asked of the values, not of a deviation, which rounding would keep from being 0.
  if (low === high) return () => 0;
  if (kind === 'min-max') return (value) => (value - low) / (high - low);
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
  // Squares of tiny differences may vanish.
  return (value) => (deviation > 0 ? (value - mean) / deviation : 0);
}
