import type { Model } from '@memtrain/policy';
import { runContinuous } from './run-continuous.ts';
import { runWaves } from './run-waves.ts';
import { scheduleParts } from './trajectory-task.ts';
import type { EndedTrajectory, RunTrajectoriesOptions, TrajectoryProgram, TrajectoryTask } from './trajectory-task.ts';

/**
 * Runs any number of trajectories over one model, a bounded number of requests at a time, and yields each as it ends. A program's result
 * follows from what the model says alone, so mode and concurrency change the order of the ends and nothing else. Stop early (`break`, or
 * the signal), and calls in flight are aborted and open programs closed. Throws `AgentError` (`bad-options`), what a program throws, or
 * the signal's reason.
 */
export async function* runTrajectories<T>(
  model: Model,
  tasks: readonly TrajectoryTask<T>[],
  options: RunTrajectoriesOptions,
): AsyncGenerator<EndedTrajectory<T>> {
  const stop = new AbortController();
  const parts = scheduleParts(model, tasks, { ...options, stop: stop.signal });
  if (!parts.keep) options.signal?.throwIfAborted();
  try {
    for await (const ended of options.mode === 'continuous' ? runContinuous(parts) : runWaves(parts)) {
      parts.programs.delete(ended.index);
      yield ended;
    }
  } finally {
    stop.abort();
    for (const program of parts.programs.values()) void close(program);
  }
}

/** Lets a program that is not run on clean up. What it throws then is nobody's: the run has its end already. */
async function close<T>(program: TrajectoryProgram<T>): Promise<void> {
  try {
    await program.return(undefined as T);
  } catch {
    // See above.
  }
}
