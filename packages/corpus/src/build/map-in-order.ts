/** Runs `work` on up to `ahead` inputs at a time and yields the results in the order of the inputs. */
export async function* mapInOrder<T, R>(inputs: AsyncIterable<T>, ahead: number, work: (input: T) => Promise<R>): AsyncGenerator<R> {
  const source = inputs[Symbol.asyncIterator]();
  const running: Promise<R>[] = [];
  let ended = false;
  try {
    for (;;) {
      while (!ended && running.length < ahead) {
        const next = await source.next();
        if (next.done) ended = true;
        else {
          const result = work(next.value);
          // A failure is thrown when its turn comes; until then it is not unhandled.
          result.catch(() => undefined);
          running.push(result);
        }
      }
      const first = running.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    await source.return?.();
  }
}
