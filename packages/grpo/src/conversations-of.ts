import type { Conversation, RolloutGroup } from '@memtrain/policy';

/** All conversations of the groups, in order. */
export function conversationsOf(groups: readonly RolloutGroup[]): Conversation[] {
  return groups.flatMap((group) => group.trajectories.flatMap((trajectory) => trajectory.conversations));
}

/** Number of completion tokens. */
export function tokensOf(conversations: readonly Conversation[]): number {
  return conversations.reduce((sum, { completion }) => sum + completion.length, 0);
}
