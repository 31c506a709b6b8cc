import type { RolloutGroup } from '@memtrain/policy';
import { conversationsOf, tokensOf } from './conversations-of.ts';

/** What one objective's groups looked like, dropped ones included. Means over nothing are 0. */
export interface ObjectiveStatistics {
  readonly groups: number;
  /** Groups that passed the filter. */
  readonly kept: number;
  readonly trajectories: number;
  readonly conversations: number;
  /** Completion tokens. */
  readonly tokens: number;
  /** Mean over trajectories. */
  readonly reward: number;
  /** Standard deviation (population) over trajectories. */
  readonly rewardDeviation: number;
  /** Mean over trajectories. */
  readonly outcome: number;
  /** Share of conversations that ran into their token budget. */
  readonly truncated: number;
}

/** Statistics of an update by objective, in alphabetical order of their names. */
export function statisticsByObjective(groups: readonly RolloutGroup[], kept: readonly RolloutGroup[]): Record<string, ObjectiveStatistics> {
  const keptGroups = new Set(kept);
  const names = [...new Set(groups.map((group) => group.objective))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const own = groups.filter((group) => group.objective === name);
      return [name, statisticsOf(own, own.filter((group) => keptGroups.has(group)).length)];
    }),
  );
}

function statisticsOf(groups: readonly RolloutGroup[], kept: number): ObjectiveStatistics {
  const trajectories = groups.flatMap((group) => group.trajectories);
  const conversations = conversationsOf(groups);
  const reward = mean(trajectories.map((trajectory) => trajectory.reward));
  return {
    groups: groups.length,
    kept,
    trajectories: trajectories.length,
    conversations: conversations.length,
    tokens: tokensOf(conversations),
    reward,
    rewardDeviation: Math.sqrt(mean(trajectories.map((trajectory) => (trajectory.reward - reward) ** 2))),
    outcome: mean(trajectories.map((trajectory) => trajectory.outcome)),
    truncated: mean(conversations.map((conversation) => (conversation.finish === 'length' ? 1 : 0))),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
