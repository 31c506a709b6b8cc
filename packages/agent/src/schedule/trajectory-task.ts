import { setMaxListeners } from 'node:events';
import type { Completion, Failure, Model, Request, SamplingOptions } from '@memtrain/policy';
import { AgentError } from '../errors.ts';
import { checkIntegers } from '../check-options.ts';

/**
 * A trajectory in the making: yields each request, is given its result, returns the finished record. A failed call is a result like any
 * other: what to do with it is the program's business, but after one whose error has the code `cancelled` it must end, for no further
 * request is answered. Asynchronous where it must wait for something else between calls, e.g. a search. When the run stops early, the
 * program is closed at its `yield` (its `finally` runs).
 */
export type TrajectoryProgram<T> = Generator<Request, T, Completion | Failure> | AsyncGenerator<Request, T, Completion | Failure>;

/** One trajectory to be run. */
export interface TrajectoryTask<T> {
  readonly id: string;
  /** Most requests that it makes; for progress. */
  readonly steps: number;
  /** Called once, when its turn comes. */
  run(): TrajectoryProgram<T>;
}

/** How trajectories share a model. */
export interface SchedulingOptions {
  /**
   * `wave` (default): one `complete` call holds the next step of every open trajectory; for local engines, which batch what they are given.
   * `continuous`: every step is a call of its own, made as soon as the one before it ended; for servers.
   */
  readonly mode?: 'wave' | 'continuous';
  /** Most requests in flight. Default 256. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** When aborted: `throw` the signal's reason (default), or `keep` what there is; unfinished trajectories end `cancelled`. */
  readonly onAbort?: 'throw' | 'keep';
  /** Called after each result: steps done of all steps (those that an early end leaves out count as done). */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RunTrajectoriesOptions extends SchedulingOptions {
  /** How to sample, where a request does not say. */
  readonly sampling: Omit<SamplingOptions, 'signal'>;
}

/** A finished trajectory; `index` is its task's place. */
export interface EndedTrajectory<T> {
  readonly index: number;
  readonly id: string;
  readonly value: T;
}

/** A trajectory that was started. */
export interface OpenTrajectory<T> {
  readonly index: number;
  readonly task: TrajectoryTask<T>;
  readonly program: TrajectoryProgram<T>;
  /** What it waits for; undefined before its first step and while it works on a result. */
  request?: Request | undefined;
  steps: number;
}

/** What both schedulers are given. */
export interface ScheduleParts<T> {
  readonly model: Model;
  readonly tasks: readonly TrajectoryTask<T>[];
  /** Programs that were started and have not ended, by the place of their task. */
  readonly programs: Map<number, TrajectoryProgram<T>>;
  readonly concurrency: number;
  readonly sampling: SamplingOptions;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  readonly keep: boolean;
  /** Counts results, and at its end what a trajectory left out. */
  readonly progress: (steps: number) => void;
}

/** Starts the task at `index`; its program has not run yet. */
export function openTrajectory<T>({ tasks, programs }: ScheduleParts<T>, index: number): OpenTrajectory<T> {
  const task = tasks[index]!;
  const program = task.run();
  programs.set(index, program);
  return { index, task, program, steps: 0 };
}

/** The result of a call that is not waited for any more. */
export function cancelled(signal: AbortSignal | undefined): Failure {
  return { error: new AgentError('cancelled', 'cancelled before the model answered: run it again', { cause: signal?.reason }) };
}

/** True for a result that `cancelled` made. */
export function isCancelled(result: Failure): boolean {
  return AgentError.isInstance(result.error) && result.error.code === 'cancelled';
}

/** Checks and completes the options. Throws `AgentError` (`bad-options`). */
export function scheduleParts<T>(
  model: Model,
  tasks: readonly TrajectoryTask<T>[],
  options: RunTrajectoriesOptions & { readonly stop: AbortSignal },
): ScheduleParts<T> {
  const { concurrency = 256, mode = 'wave', onAbort = 'throw', signal, stop, onProgress } = options;
  checkIntegers({ concurrency }, 1);
  if (mode !== 'wave' && mode !== 'continuous') {
    throw new AgentError('bad-options', `mode is ${JSON.stringify(mode)}: give "wave" or "continuous"`);
  }
  const total = tasks.reduce((sum, task) => sum + task.steps, 0);
  let done = 0;
  const merged = signal ? AbortSignal.any([signal, stop]) : stop;
  // Every call in flight listens to it.
  setMaxListeners(0, merged);
  return {
    model,
    tasks,
    programs: new Map(),
    concurrency,
    signal,
    keep: onAbort === 'keep',
    sampling: { ...options.sampling, signal: merged },
    progress: (steps) => {
      if (steps > 0) onProgress?.((done += steps), total);
    },
  };
}
