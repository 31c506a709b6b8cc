import type { Model } from '@memtrain/policy';
import { AgentError } from '../errors.ts';
import { runTrajectories } from './run-trajectories.ts';
import type { TrajectoryFile } from './trajectory-file.ts';
import type { RunTrajectoriesOptions, TrajectoryTask } from './trajectory-task.ts';

/** How records of a kind are kept. */
export interface RecordStorage<Item, T> {
  /** Of everything that the record follows from: what was made otherwise is not taken for this one. */
  fingerprint(item: Item): string;
  toJson(value: T): object;
  fromJson(json: unknown, item: Item): T;
  /** False: made again by a resumed run. */
  isFinished(value: T): boolean;
}

export interface RunStoredOptions<Item, T> extends RunTrajectoriesOptions {
  readonly task: (item: Item) => TrajectoryTask<T>;
  readonly file?: TrajectoryFile;
  readonly storage?: RecordStorage<Item, T>;
}

/** Runs a task an item; gives the records in the items' order. With a file each is written as it ends, those there are not run again. */
export async function runStored<Item, T extends { readonly end: string }>(
  model: Model,
  items: readonly Item[],
  options: RunStoredOptions<Item, T>,
): Promise<T[]> {
  const { task, file, storage, onProgress } = options;
  const records = new Map<number, T>();
  const due: { readonly index: number; readonly task: TrajectoryTask<T> }[] = [];
  const seen = new Set<string>();
  let stepsBefore = 0;
  for (const [index, item] of items.entries()) {
    const one = task(item);
    if (file && storage) {
      if (seen.has(one.id))
        throw new AgentError('bad-options', `the id ${one.id} is given twice: give each its own to keep them in a file`);
      seen.add(one.id);
      const kept = file.find(one.id, storage.fingerprint(item));
      if (kept !== undefined) {
        const record = storage.fromJson(kept, item);
        if (storage.isFinished(record)) {
          records.set(index, record);
          stepsBefore += one.steps;
          continue;
        }
      }
    }
    due.push({ index, task: one });
  }
  const tasks = due.map((each) => each.task);
  const progress = onProgress && ((done: number, total: number) => onProgress(done + stepsBefore, total + stepsBefore));
  if (progress && stepsBefore > 0)
    progress(
      0,
      tasks.reduce((sum, each) => sum + each.steps, 0),
    );
  const { task: _task, file: _file, storage: _storage, onProgress: _onProgress, ...rest } = options;
  for await (const { index, id, value } of runTrajectories(model, tasks, { ...rest, ...(progress ? { onProgress: progress } : {}) })) {
    const place = due[index]!.index;
    records.set(place, value);
    // A cancelled one holds nothing worth keeping.
    if (file && storage && value.end !== 'cancelled') file.append(id, storage.fingerprint(items[place]!), storage.toJson(value));
  }
  return items.map((_item, index) => records.get(index)!);
}
