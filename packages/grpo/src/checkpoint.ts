import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncTree, writeFileDurably, writeFolderDurably } from '@memtrain/durable-files';
import type { SyncedFile } from '@memtrain/durable-files';
import type { Json } from './configuration.ts';
import { GrpoError } from './errors.ts';
import type { RunTotals } from './train-options.ts';

/** `state.json` of a checkpoint: all of a run that is not in the learner's own folder. */
export interface CheckpointState {
  readonly format: 1;
  /** Steps completed. Every random number of a later step is derived from `seed` and the step's number. */
  readonly step: number;
  readonly seed: number;
  /** Size of `metrics.jsonl` after this step. */
  readonly metricsBytes: number;
  /** Size of `timing.jsonl` after this step. */
  readonly timingBytes: number;
  /** Hash of `configuration` and `settings` together. */
  readonly configurationHash: string;
  /** The caller's configuration. */
  readonly configuration: Json;
  /** Those options of `train` that change its result. */
  readonly settings: Json;
  readonly progress: RunProgress;
  /** The caller's own state. */
  readonly state: Json;
}

/** What later steps need to know of earlier ones. */
export interface RunProgress {
  readonly totals: RunTotals;
  /** `meanTokens` of the first step that sampled any. */
  readonly firstMeanTokens?: number | undefined;
  /** The best checkpoint's step, and what `TrainOptions.best` said of it. */
  readonly best?: { readonly step: number; readonly score: number } | undefined;
}

export interface Checkpoint {
  /** The checkpoint's folder. */
  readonly path: string;
  /** The folder inside it that the learner wrote, for `Learner.load`. */
  readonly learner: string;
  /** The folder of the reference policy; written only by runs that refresh it. */
  readonly reference: string;
  readonly state: CheckpointState;
}

export interface SaveCheckpointOptions {
  /** Writes the learner into a folder that does not exist yet. */
  readonly saveLearner: (path: string) => Promise<unknown>;
  /** The same for the reference policy, or nothing. */
  readonly saveReference?: (path: string) => Promise<unknown>;
  /** How many checkpoints to keep; at least 1. */
  readonly keepLast: number;
}

const namePattern = /^step-(\d{6,})$/;
const nameOf = (step: number): string => `step-${String(step).padStart(6, '0')}`;

/**
 * Writes `checkpoints/step-NNNNNN` of a run folder, whole or not at all. Afterwards `checkpoints/latest` names it, `checkpoints/best` the
 * best one, and the oldest others go.
 */
export async function saveCheckpoint(folder: string, state: CheckpointState, options: SaveCheckpointOptions): Promise<string> {
  const checkpoints = join(folder, 'checkpoints');
  const name = nameOf(state.step);
  const path = join(checkpoints, name);
  await writeFolderDurably(path, async (building) => {
    await options.saveLearner(join(building, 'learner'));
    await options.saveReference?.(join(building, 'reference'));
    const files = await syncTree(building);
    await writeFile(join(building, 'state.json'), `${JSON.stringify({ ...state, files }, null, 2)}\n`);
    // One of the same step, as a resumed run may make again.
    await rm(path, { recursive: true, force: true });
  });
  await writeFileDurably(join(checkpoints, 'latest'), `${name}\n`);
  const best = state.progress.best?.step;
  if (best !== undefined && existsSync(join(checkpoints, nameOf(best))))
    await writeFileDurably(join(checkpoints, 'best'), `${nameOf(best)}\n`);
  const steps = await checkpointSteps(checkpoints);
  for (const step of steps.slice(options.keepLast)) {
    if (step !== best) await rm(join(checkpoints, nameOf(step)), { recursive: true, force: true });
  }
  return path;
}

/**
 * The checkpoint to continue from: the one `checkpoints/latest` names, or else the newest complete one; `undefined` when the
 * folder has none. Throws `GrpoError` `bad-checkpoint` when there are some and none is complete.
 */
export async function findCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const checkpoints = join(folder, 'checkpoints');
  const steps = await checkpointSteps(checkpoints);
  const latest = namePattern.exec((await readFile(join(checkpoints, 'latest'), 'utf8').catch(() => '')).trim());
  const candidates = latest ? [Number(latest[1]), ...steps] : steps;
  const faults = new Set<string>();
  for (const step of candidates) {
    const path = join(checkpoints, nameOf(step));
    try {
      return { path, learner: join(path, 'learner'), reference: join(path, 'reference'), state: await readState(path, step) };
    } catch (error) {
      faults.add(`${nameOf(step)}: ${(error as Error).message}`);
    }
  }
  if (faults.size === 0) return undefined;
  throw new GrpoError(
    'bad-checkpoint',
    `no checkpoint in ${checkpoints} is complete (${[...faults].join('; ')}): restore one, or train in a new folder`,
  );
}

/** Removes what a killed save left, and the checkpoints after `step`, whose future is about to be made again. `best` never names one that is gone. */
export async function discardLaterCheckpoints(folder: string, step: number): Promise<void> {
  const checkpoints = join(folder, 'checkpoints');
  await mkdir(checkpoints, { recursive: true });
  if (step > 0) await writeFileDurably(join(checkpoints, 'latest'), `${nameOf(step)}\n`);
  for (const name of await readdir(checkpoints)) {
    const found = /^step-(\d{6,})(\..*tmp)?$/.exec(name);
    if (found && (found[2] || Number(found[1]) > step)) await rm(join(checkpoints, name), { recursive: true, force: true });
  }
  const best = await readFile(join(checkpoints, 'best'), 'utf8').catch(() => undefined);
  if (best !== undefined && !existsSync(join(checkpoints, best.trim()))) await rm(join(checkpoints, 'best'));
}

/** Steps that have a folder, newest first. */
async function checkpointSteps(checkpoints: string): Promise<number[]> {
  const names = await readdir(checkpoints).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => namePattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

async function readState(path: string, step: number): Promise<CheckpointState> {
  const { format, files, ...state } = JSON.parse(await readFile(join(path, 'state.json'), 'utf8')) as CheckpointState & {
    files: readonly SyncedFile[];
  };
  if (Number(format) !== 1) throw new Error(`state.json has format ${String(format)}, this version reads format 1`);
  if (state.step !== step) throw new Error(`state.json is of step ${state.step}`);
  for (const file of files) {
    const { size } = await stat(join(path, file.path));
    if (size !== file.size) throw new Error(`${file.path} has ${size} bytes instead of ${file.size}`);
  }
  return { format, ...state };
}
