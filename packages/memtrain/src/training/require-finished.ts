import type { RolloutGroup } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';

export interface RequireFinishedOptions {
  readonly step: number;
  readonly trajectories: readonly { readonly error?: Error }[];
}

/** Throws `MemtrainError` (`bad-options`) with the first reason when every trajectory of an update failed: going on would be of no use. */
export function requireFinished(groups: readonly RolloutGroup[], { step, trajectories }: RequireFinishedOptions): void {
  const error = trajectories.find((trajectory) => trajectory.error)?.error;
  if (groups.length > 0 || !error) return;
  throw new MemtrainError('bad-options', `no trajectory of update ${step} was finished: ${error.message}`, { cause: error });
}
