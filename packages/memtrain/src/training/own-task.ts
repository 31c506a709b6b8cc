import { pathToFileURL } from 'node:url';
import type { RolloutContext } from '@memtrain/grpo';
import type { TrainConfig } from '../config/train-config.ts';
import { MemtrainError } from '../errors.ts';
import { modulePlace } from './module-files.ts';
import type { TaskRollout } from './run-training.ts';

/** What the rollout of a task of your own is made from: the context of `train`, and the run's settings. Sample at `config.agent.temperature`. */
export interface TaskContext extends RolloutContext {
  readonly config: TrainConfig;
}

/** A task: what one update samples, in groups with their rewards. It must follow from the context alone, so that a resumed run samples the same. */
export type Task = (context: TaskContext) => Promise<TaskRollout>;

/**
 * The task that a module exports: `my-task.mjs` (its default export), or `my-task.mjs#name`; relative to the working folder. Its code runs
 * with all rights of this process. Throws `MemtrainError` (`bad-file`).
 */
export async function loadTask(modulePath: string): Promise<Task> {
  const { file, name } = modulePlace(modulePath);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new MemtrainError('bad-file', `the task module ${file} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
  const task = module[name];
  if (typeof task === 'function') return task as Task;
  const names = Object.keys(module).join(', ') || 'nothing';
  throw new MemtrainError('bad-file', `${file} exports no task as ${name} (it exports ${names}): export a function (docs/custom-task.md)`);
}
