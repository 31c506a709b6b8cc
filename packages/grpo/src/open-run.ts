import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '@memtrain/durable-files';
import { discardLaterCheckpoints, findCheckpoint, type CheckpointState, type RunProgress } from './checkpoint.ts';
import { configurationDifferences, type Json } from './configuration.ts';
import { GrpoError } from './errors.ts';
import { loadReference } from './reference-policy.ts';
import { RunLog } from './run-log.ts';
import type { TrainOptions } from './train-options.ts';

/** A run folder ready for its next step. */
export interface OpenedRun {
  /** Steps completed. */
  readonly step: number;
  readonly metrics: RunLog;
  readonly timing: RunLog;
  readonly progress: RunProgress;
  /** The caller's state at that step. */
  readonly callerState: Json;
}

export interface Identity {
  readonly hash: string;
  readonly configuration: Json;
  readonly settings: Json;
}

/**
 * Finds where to continue, checks that it is the same run, and brings learner, caller's state and logs there.
 * Nothing in the folder changes before all of that has worked.
 */
export async function openRun(options: TrainOptions, identity: Identity): Promise<OpenedRun> {
  const { folder, resume = 'auto' } = options;
  const found = await findCheckpoint(folder);
  if (resume === 'required' && !found) {
    throw new GrpoError('no-checkpoint', `${folder} has no checkpoint to resume from: check the folder, or start a new run`);
  }
  if (resume === 'fresh' && (found || (await exists(join(folder, 'metrics.jsonl'))))) {
    throw new GrpoError('run-exists', `${folder} already holds a run: resume it, or choose another folder`);
  }
  if (found && !options.allowOtherConfiguration) requireSame(found.state, identity, folder);
  if (found && found.state.step > options.steps) {
    throw new GrpoError(
      'bad-options',
      `train: steps is ${options.steps}, but ${folder} is at step ${found.state.step} already: ask for at least that many`,
    );
  }
  const step = found?.state.step ?? 0;
  if (found) {
    await options.learner.load(found.learner);
    await loadReference(found.reference, options);
    await options.state?.restore(found.state.state);
  }
  await mkdir(folder, { recursive: true });
  const metrics = await RunLog.open(join(folder, 'metrics.jsonl'), { bytes: found?.state.metricsBytes ?? 0 });
  const timing = await RunLog.open(join(folder, 'timing.jsonl'), { bytes: found?.state.timingBytes ?? 0, lenient: true });
  await syncFolder(folder); // The names of new logs must outlive a power cut that the first checkpoint outlives.
  await discardLaterCheckpoints(folder, step);
  const progress = found?.state.progress ?? { totals: { conversations: 0, promptTokens: 0, sampledTokens: 0, trainedTokens: 0 } };
  return { step, metrics, timing, progress, callerState: found?.state.state ?? null };
}

function requireSame(state: CheckpointState, identity: Identity, folder: string): void {
  if (state.configurationHash === identity.hash) return;
  const differences = configurationDifferences(
    { configuration: state.configuration, settings: state.settings },
    { configuration: identity.configuration, settings: identity.settings },
  );
  throw new GrpoError(
    'other-configuration',
    `${folder} was made with another configuration (${differences.join('; ')}): use the old one or another folder, or allow the change`,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
