import type { Completion, Failure } from '@memtrain/policy';
import { completeAll } from './complete-all.ts';
import { cancelled, openTrajectory } from './trajectory-task.ts';
import type { EndedTrajectory, OpenTrajectory, ScheduleParts } from './trajectory-task.ts';

/**
 * Every request is a call of its own. Whoever waits longest is asked first; a new trajectory starts only when none waits, so early ones
 * end (and are written) early, and the number of open ones is bounded.
 */
export async function* runContinuous<T>(parts: ScheduleParts<T>): AsyncGenerator<EndedTrajectory<T>> {
  const { model, tasks, concurrency, sampling, signal, keep, progress } = parts;
  const ended: EndedTrajectory<T>[] = [];
  const ready: OpenTrajectory<T>[] = [];
  const inFlight = new Set<OpenTrajectory<T>>();
  // Those that wait for something else than the model hold no slot, so more may be open than slots there are.
  const mostOpen = 2 * concurrency;
  let started = 0;
  let open = 0;
  let broken: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;

  const fail = (error: unknown): void => {
    broken ??= { error };
    wake();
  };
  const settle = (one: OpenTrajectory<T>, step: IteratorResult<NonNullable<typeof one.request>, T>): void => {
    if (!step.done) {
      one.request = step.value;
      ready.push(one);
      return;
    }
    open--;
    progress(one.task.steps - one.steps);
    ended.push({ index: one.index, id: one.task.id, value: step.value });
    wake();
  };
  const advance = (one: OpenTrajectory<T>, result?: Completion | Failure): void => {
    one.request = undefined;
    const step = result ? one.program.next(result) : one.program.next();
    if (!('then' in step)) return settle(one, step);
    step.then((value) => guard(() => (settle(one, value), pump())), fail);
  };
  const ask = (one: OpenTrajectory<T>): void => {
    if (signal?.aborted) return advance(one, cancelled(signal));
    inFlight.add(one);
    const take = (results: readonly (Completion | Failure)[]): void => {
      // Late results of a call that was given up are nobody's.
      if (!inFlight.delete(one)) return;
      one.steps++;
      progress(1);
      advance(one, results[0]!);
      pump();
    };
    completeAll(model, [one.request!], sampling).then(
      (results) => guard(() => take(results)),
      (error: unknown) => {
        if (!signal?.aborted) fail(error);
      },
    );
  };
  const pump = (): void => {
    while (!broken && inFlight.size < concurrency) {
      const one = ready.shift();
      if (one) ask(one);
      else if (started < tasks.length && open + ended.length < mostOpen) {
        open++;
        advance(openTrajectory(parts, started++));
      } else return;
    }
  };
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      fail(error);
    }
  };
  const onAbort = (): void => {
    if (!keep) return fail(signal!.reason);
    const given = [...inFlight];
    inFlight.clear();
    guard(() => {
      for (const one of given) advance(one, cancelled(signal));
      pump();
    });
  };

  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      guard(pump);
      for (let one = ended.shift(); one; one = ended.shift()) {
        yield one;
        guard(pump);
      }
      if (broken) throw broken.error;
      if (open === 0 && started === tasks.length) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    broken ??= { error: undefined };
    signal?.removeEventListener('abort', onAbort);
  }
}
