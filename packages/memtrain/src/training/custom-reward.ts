import type { PromptTemplate } from '@memtrain/agent';
import { encodePrompt, type Model, type RolloutGroup } from '@memtrain/policy';
import { computeRewards, loadReward } from '@memtrain/rewards';
import type { BatchReward, Reward, RewardContext, RewardTrajectory } from '@memtrain/rewards';

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
  /** How answers are asked for; without one there is no `answerLogprob`. */
  readonly template?: PromptTemplate | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RewardedGroups {
  readonly groups: readonly RolloutGroup[];
  /** Mean of each metric that the reward returned. */
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Rewards the trajectories of a rollout by a custom reward; groups that none of them names, those of recall, stay as they are. `trajectories`
 * are in the order of their groups. Throws `RewardError` that names the trajectory.
 */
export async function applyReward(
  { reward }: CustomReward,
  rollout: { readonly groups: readonly RolloutGroup[]; readonly trajectories: readonly (RewardTrajectory & { readonly group: string })[] },
  options: ApplyRewardOptions,
): Promise<RewardedGroups> {
  const computed = await computeRewards(reward, rollout.trajectories, {
    context: contextOf(options),
    ...(options.signal && { signal: options.signal }),
  });
  const rewards = new Map<string, number[]>();
  for (const [index, { group }] of rollout.trajectories.entries()) {
    const own = rewards.get(group) ?? [];
    own.push(computed[index]!.reward);
    rewards.set(group, own);
  }
  const groups = rollout.groups.map((group): RolloutGroup => {
    const own = rewards.get(group.id);
    if (!own) return group;
    return { ...group, trajectories: group.trajectories.map((trajectory, place) => ({ ...trajectory, reward: own[place]! })) };
  });
  return { groups, metrics: meansOf(computed.map((one) => one.metrics)) };
}

function contextOf({ model, template }: ApplyRewardOptions): Partial<Omit<RewardContext, 'signal'>> {
  const { tokenizer, logprobs } = model;
  if (!tokenizer) return {};
  const countTokens = (text: string): number => tokenizer.encode(text).length;
  if (!logprobs || !template) return { countTokens };
  const answerLogprob: NonNullable<RewardContext['answerLogprob']> = async ({ problem, memory, answer }, { signal }) => {
    const asked = template.answer({ problem, memory });
    const prompt = encodePrompt(template.chat ? [{ role: 'user', content: asked }] : asked, tokenizer);
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
