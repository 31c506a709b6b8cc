import type { Model } from '@memtrain/policy';
import { checkItemsBudget } from './check-budget.ts';
import { checkModel } from '../check-options.ts';
import { readingStyle } from './reading-style.ts';
import type { ReadStepOptions } from './reading-style.ts';
import { readingTask } from './reading-task.ts';
import { runStored } from '../schedule/run-stored.ts';
import { readingStorage } from './stored-reading.ts';
import type { SchedulingOptions } from '../schedule/trajectory-task.ts';
import type { TrajectoryFile } from '../schedule/trajectory-file.ts';
import type { ReadItem, Trajectory } from './trajectory.ts';

export interface ReadDocumentsOptions extends ReadStepOptions, SchedulingOptions {
  /** Default 1; 0 is greedy. */
  readonly temperature?: number;
  /** Keeps each trajectory as it ends; what it holds already is not read again (failed ones are). Give every item an id of its own. */
  readonly file?: TrajectoryFile;
}

/**
 * MemAgent's loop over many trajectories at once: at step t every live one overwrites its memory from (problem, memory, chunk t), and after
 * its last chunk answers from (problem, memory) alone. The result is in the items' order.
 * A failed call ends its trajectory with `model-error` and never the batch. Throws `AgentError`: `bad-options` before any call,
 * `bad-file`; or the signal's reason when aborted.
 */
export async function readDocuments(model: Model, items: readonly ReadItem[], options: ReadDocumentsOptions): Promise<Trajectory[]> {
  const { temperature = 1, contextTokens, file } = options;
  const style = readingStyle(options);
  checkModel(model, style.template, temperature);
  if (contextTokens !== undefined) checkItemsBudget(model, items, { style, contextTokens });
  const sampling = { maxTokens: Math.max(style.memoryTokens, style.answerTokens), temperature };
  return runStored(model, items, {
    ...options,
    sampling,
    task: (item) => readingTask(item, style),
    ...(file ? { file, storage: readingStorage(style, temperature) } : {}),
  });
}
