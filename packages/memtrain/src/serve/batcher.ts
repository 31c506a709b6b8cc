/** Results by their place in the batch, in any order. */
export type RunBatch<Item, Result> = (items: readonly Item[]) => AsyncIterable<{ readonly index: number; readonly result: Result }>;

export interface Batcher<Item, Result> {
  /** Resolves with the item's result; rejects when its batch failed. An item whose signal is aborted before its batch starts is dropped. */
  readonly add: (item: Item, signal: AbortSignal) => Promise<Result>;
  /** Number of items that wait for a batch. */
  readonly waiting: () => number;
}

/** Work that must not run at the same time as other work of the same queue. */
export type Exclusive = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue of pieces of work, one at a time. */
export function createExclusive(): Exclusive {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work, work);
    last = done.catch(() => undefined);
    return done;
  };
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly signal: AbortSignal;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Items that arrive together, or while a batch runs, go into one batch. */
export function createBatcher<Item, Result>(
  run: RunBatch<Item, Result>,
  options: { readonly most: number; readonly exclusive: Exclusive },
): Batcher<Item, Result> {
  const { most, exclusive } = options;
  const queue: Waiting<Item, Result>[] = [];
  let scheduled = false;

  const next = async (): Promise<void> => {
    // Requests sent at the same time arrive a few milliseconds apart.
    await new Promise((resolve) => setTimeout(resolve, 5));
    scheduled = false;
    const taken = queue.splice(0, most);
    if (queue.length > 0) schedule();
    for (const { signal, reject } of taken) if (signal.aborted) reject(signal.reason);
    const batch = taken.filter(({ signal }) => !signal.aborted);
    if (batch.length === 0) return;
    try {
      for await (const { index, result } of run(batch.map(({ item }) => item))) batch[index]!.resolve(result);
      for (const { reject } of batch) reject(new Error('the model gave no answer'));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    void exclusive(next);
  };

  return {
    add: (item, signal) =>
      new Promise((resolve, reject) => {
        queue.push({ item, signal, resolve, reject });
        schedule();
      }),
    waiting: () => queue.length,
  };
}
