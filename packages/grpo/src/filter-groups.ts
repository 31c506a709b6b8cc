import type { RolloutGroup } from '@memtrain/policy';

/**
 * Which groups carry a signal (dynamic sampling, DAPO):
 * - `outcome`: those whose raw outcomes differ. The reward of E contains a coupling term (paper equation 2), so a group that
 *   is wholly right or wholly wrong may still have differing rewards; it is dropped all the same;
 * - `variance`: those whose total rewards differ, coupling term included;
 * - `none`: all.
 */
export type GroupFilter = 'outcome' | 'variance' | 'none';

export interface FilteredGroups {
  readonly kept: readonly RolloutGroup[];
  readonly dropped: readonly RolloutGroup[];
}

/** Splits groups, each judged alone, into those to train on and those without a signal. Keeps their order. */
export function filterGroups(groups: readonly RolloutGroup[], filter: GroupFilter = 'outcome'): FilteredGroups {
  const kept: RolloutGroup[] = [];
  const dropped: RolloutGroup[] = [];
  for (const group of groups) (carriesSignal(group, filter) ? kept : dropped).push(group);
  return { kept, dropped };
}

function carriesSignal({ trajectories }: RolloutGroup, filter: GroupFilter): boolean {
  if (filter === 'none') return true;
  const field = filter === 'outcome' ? 'outcome' : 'reward';
  return trajectories.some((trajectory) => trajectory[field] !== trajectories[0]![field]);
}
