import type { Conversation, RolloutGroup } from '@memtrain/policy';

/**
 * Groups with a KL penalty in the reward: each trajectory's reward less `coefficient` times the sum over all its completion tokens of
 * log pi_old - log pi_ref (k1). A constant to the update, as in PPO on language models and verl's `use_kl_in_reward`; outcomes stay as they are.
 */
export function penalizeRewards(
  groups: readonly RolloutGroup[],
  reference: ReadonlyMap<Conversation, Float32Array> | undefined,
  coefficient: number,
): readonly RolloutGroup[] {
  if (!reference || coefficient === 0) return groups;
  const divergence = (conversation: Conversation): number => {
    const known = reference.get(conversation);
    return known ? known.reduce((sum, value, t) => sum + conversation.logprobs[t]! - value, 0) : 0;
  };
  return groups.map((group) => ({
    ...group,
    trajectories: group.trajectories.map((trajectory) => ({
      ...trajectory,
      reward: trajectory.reward - coefficient * trajectory.conversations.reduce((sum, conversation) => sum + divergence(conversation), 0),
    })),
  }));
}
