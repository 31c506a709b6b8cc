import type { RolloutMemTrainResult, ScoredReading } from '@memtrain/agent';
import { encodePrompt, type Model, type RolloutGroup } from '@memtrain/policy';
import { computeRewards, loadReward, type BatchReward, type Reward, type RewardContext } from '@memtrain/rewards';
import type { ReadingOptions } from './run-training.ts';

/** Puts another reward in the place of equation 2; the outcome, which the filter looks at, stays the verdict on the answer. */
export interface CustomReward {
  readonly reward: Reward | BatchReward;
}

/** The reward that a configuration names by module path. Throws `RewardError` (`bad-module`). */
export async function openCustomReward(path: string | undefined): Promise<CustomReward | undefined> {
  return path === undefined ? undefined : { reward: await loadReward(path) };
}

export interface ApplyRewardOptions {
  readonly model: Model;
  readonly reading: ReadingOptions;
  readonly signal?: AbortSignal | undefined;
}

export interface RewardedGroups {
  readonly groups: readonly RolloutGroup[];
  /** Mean of each metric that the reward returned. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Rewards the readings of a rollout by a custom reward; recall groups stay as they are. Throws `RewardError` that names the trajectory. */
export async function applyReward(
  { reward }: CustomReward,
  rollout: Pick<RolloutMemTrainResult, 'groups' | 'readings'>,
  options: ApplyRewardOptions,
): Promise<RewardedGroups> {
  const finished = rollout.readings.filter(({ trajectory }) => trajectory.error === undefined);
  const trajectories = finished.map(({ trajectory, document, groupId, recall }) => ({
    ...trajectory,
    gold: document.gold,
    group: groupId,
    ...(recall && { recallRewards: recall.answers.filter(({ error }) => error === undefined).map((answer) => answer.reward) }),
  }));
  const computed = await computeRewards(reward, trajectories, {
    context: contextOf(options),
    ...(options.signal && { signal: options.signal }),
  });
  const rewardOf = new Map<ScoredReading, number>(finished.map((reading, index) => [reading, computed[index]!.reward]));
  const groups = rollout.groups.map((group): RolloutGroup => {
    const own = finished.filter(({ groupId }) => groupId === group.id);
    if (own.length === 0) return group;
    return {
      ...group,
      trajectories: group.trajectories.map((trajectory, place) => ({ ...trajectory, reward: rewardOf.get(own[place]!)! })),
    };
  });
  return { groups, metrics: meansOf(computed.map((one) => one.metrics)) };
}

function contextOf({ model, reading }: ApplyRewardOptions): Partial<Omit<RewardContext, 'signal'>> {
  const { tokenizer, logprobs } = model;
  if (!tokenizer) return {};
  const countTokens = (text: string): number => tokenizer.encode(text).length;
  if (!logprobs) return { countTokens };
  const answerLogprob: NonNullable<RewardContext['answerLogprob']> = async ({ problem, memory, answer }, { signal }) => {
    const asked = reading.template.answer({ problem, memory });
    const prompt = encodePrompt(reading.template.chat ? [{ role: 'user', content: asked }] : asked, tokenizer);
    const completion = tokenizer.encode(answer);
    const [scores] = await logprobs.call(model, [{ prompt, completion }], { signal });
    return scores!.reduce((sum, value) => sum + value, 0) / Math.max(1, scores!.length);
  };
  return { countTokens, answerLogprob };
}

function meansOf(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = [...new Set(all.flatMap((metrics) => Object.keys(metrics)))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const values = all.map((metrics) => metrics[name]).filter((value) => value !== undefined);
      return [name, values.reduce((sum, value) => sum + value, 0) / values.length];
    }),
  );
}
