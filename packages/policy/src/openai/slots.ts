/** Runs work with at most `count` pieces at a time, first come, first served. */
export function createSlots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count;
  const waiting: (() => void)[] = [];
  let next = 0;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const wake = waiting[next];
      if (wake) {
        next++;
        wake();
        if (next === 1024) {
          waiting.splice(0, next);
          next = 0;
        }
      } else {
        free++;
        waiting.length = 0;
        next = 0;
      }
    }
  };
}

/** The results of promises that never reject, in the order in which they arrive. Throws the signal's reason when it is aborted. */
export async function* asTheyArrive<T>(promises: readonly Promise<T>[], signal?: AbortSignal): AsyncGenerator<T> {
  const arrived: T[] = [];
  let wake = (): void => undefined;
  const onAbort = (): void => wake();
  const collect = async (promise: Promise<T>): Promise<void> => {
    arrived.push(await promise);
    wake();
  };
  for (const promise of promises) void collect(promise);
  signal?.addEventListener('abort', onAbort);
  try {
    for (let place = 0; place < promises.length; place++) {
      signal?.throwIfAborted();
      if (place === arrived.length) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        signal?.throwIfAborted();
      }
      yield arrived[place]!;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
