import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Learner } from '@memtrain/policy';
import { GrpoError } from './errors.ts';
import type { TrainOptions } from './train-options.ts';

/** The reference as a learner that can take over weights. Throws `GrpoError` `bad-options` when it cannot. */
function refreshable(options: TrainOptions): Pick<Learner, 'save' | 'load'> {
  const { reference } = options;
  if (reference && 'load' in reference && 'save' in reference) return reference as Learner;
  throw new GrpoError('bad-options', 'train: refreshReferenceEvery needs a reference that is a whole learner, with save and load');
}

/** Whether the run's checkpoints hold the reference too. */
export function keepsReference(options: TrainOptions): boolean {
  if (options.refreshReferenceEvery === undefined) return false;
  refreshable(options);
  return true;
}

/** Gives the reference the learner's weights, when the step is one of those that do. */
export async function refreshReference(step: number, options: TrainOptions): Promise<void> {
  if (options.refreshReferenceEvery === undefined || step % options.refreshReferenceEvery !== 0) return;
  const passing = join(options.folder, 'reference.tmp');
  await rm(passing, { recursive: true, force: true });
  await options.learner.save(passing);
  await refreshable(options).load(passing);
  await rm(passing, { recursive: true, force: true });
}

/** Writes the reference into a checkpoint under way. */
export async function saveReference(path: string, options: TrainOptions): Promise<void> {
  if (keepsReference(options)) await refreshable(options).save(path);
}

export async function loadReference(path: string, options: TrainOptions): Promise<void> {
  if (keepsReference(options)) await refreshable(options).load(path);
}
