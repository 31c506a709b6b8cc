import type { Completion, Failure } from '@memtrain/policy';
import { completeAll } from './complete-all.ts';
import { cancelled, openTrajectory } from './trajectory-task.ts';
import type { EndedTrajectory, OpenTrajectory, ScheduleParts } from './trajectory-task.ts';

/** Each `complete` call holds the next request of every open trajectory; a place that one leaves is taken before the next call. */
export async function* runWaves<T>(parts: ScheduleParts<T>): AsyncGenerator<EndedTrajectory<T>> {
  const { tasks, concurrency, progress } = parts;
  let live: OpenTrajectory<T>[] = [];
  let results: (Completion | Failure)[] = [];
  let started = 0;
  while (live.length > 0 || started < tasks.length) {
    const asked = live.length;
    while (live.length < concurrency && started < tasks.length) live.push(openTrajectory(parts, started++));
    const steps = await unlessAborted(
      () =>
        Promise.all(live.map(async ({ program }, index) => (index < asked ? await program.next(results[index]!) : await program.next()))),
      // What a program waits for between calls, e.g. a search, is its own business where its record is to be kept.
      parts.keep ? undefined : parts.signal,
    );
    if (steps === 'aborted') throw parts.signal!.reason;
    const next: OpenTrajectory<T>[] = [];
    for (const [index, step] of steps.entries()) {
      const open = live[index]!;
      if (step.done) {
        progress(open.task.steps - open.steps);
        yield { index: open.index, id: open.task.id, value: step.value };
      } else {
        open.request = step.value;
        next.push(open);
      }
    }
    live = next;
    results = live.length > 0 ? await ask(live, parts) : [];
  }
}

async function ask<T>(live: readonly OpenTrajectory<T>[], parts: ScheduleParts<T>): Promise<(Completion | Failure)[]> {
  const { model, sampling, signal, keep, progress } = parts;
  const requests = live.map((open) => open.request!);
  let over = false;
  const take = (index: number): void => {
    if (over) return;
    live[index]!.steps++;
    progress(1);
  };
  try {
    const answered = signal?.aborted ? 'aborted' : await unlessAborted(() => completeAll(model, requests, sampling, take), signal);
    if (answered !== 'aborted') return answered;
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    over = true;
  }
  if (!keep) throw signal!.reason;
  return requests.map(() => cancelled(signal));
}

/** What the work gives, or `aborted` as soon as the signal is: whoever ignores it is not waited for. */
async function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | 'aborted'> {
  let stopWaiting = (): void => undefined;
  const aborted = new Promise<'aborted'>((resolve) => {
    const stop = (): void => resolve('aborted');
    stopWaiting = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    stopWaiting();
  }
}
