import { setImmediate } from 'node:timers/promises';
import type { RetrievedPassage, Retriever } from '@memtrain/agent';
import { HttpError } from '../http/http-error.ts';
import type { BatchRetriever } from './batch-retriever.ts';

export interface QueryQueueOptions {
  /** Most queries of a call of a batch retriever. */
  readonly batchQueries: number;
  /** Most calls of the retriever in flight. */
  readonly calls: number;
  /** Most queries waiting or in work. */
  readonly queuedQueries: number;
}

/** Queries of all requests, first come, first served. */
export interface QueryQueue {
  /** One list a query. Throws `HttpError` (503) when the queue is full, or what the retriever threw. */
  ask(
    queries: readonly string[],
    options: { readonly topK: number; readonly signal: AbortSignal },
  ): Promise<(readonly RetrievedPassage[])[]>;
}

interface Job {
  readonly query: string;
  readonly topK: number;
  readonly signal: AbortSignal;
  readonly resolve: (passages: readonly RetrievedPassage[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** A queue before a retriever. What a batch retriever is given together has one `topK`, so that no request changes another's results. */
export function createQueryQueue(retriever: Retriever | BatchRetriever, options: QueryQueueOptions): QueryQueue {
  const { calls, queuedQueries } = options;
  const batchQueries = typeof retriever === 'function' ? 1 : options.batchQueries;
  let waiting: Job[] = [];
  let head = 0;
  let pending = 0;
  let lanes = 0;

  const take = (): Job[] => {
    const taken: Job[] = [];
    while (head < waiting.length && taken.length < batchQueries) {
      const job = waiting[head]!;
      if (taken.length > 0 && job.topK !== taken[0]!.topK) break;
      head++;
      if (job.signal.aborted) job.reject(job.signal.reason);
      else taken.push(job);
    }
    if (head === waiting.length || head > 4096) {
      waiting = waiting.slice(head);
      head = 0;
    }
    return taken;
  };
  const work = async (): Promise<void> => {
    // A retriever may be synchronous: between two calls the server must hear of new requests.
    for (await setImmediate(); head < waiting.length; await setImmediate()) {
      const jobs = take();
      if (jobs.length === 0) continue;
      try {
        const lists = await retrieve(retriever, jobs);
        jobs.forEach(({ resolve, topK }, i) => resolve(lists[i]!.slice(0, topK)));
      } catch (error) {
        for (const { reject } of jobs) reject(error);
      }
    }
    lanes--;
  };
  return {
    async ask(queries, { topK, signal }) {
      if (pending + queries.length > queuedQueries) {
        throw busy(`${pending} queries wait already, and ${queries.length} more are above ${queuedQueries}: send them again later`);
      }
      pending += queries.length;
      const answers = queries.map(
        (query) =>
          new Promise<readonly RetrievedPassage[]>((resolve, reject) => {
            waiting.push({ query, topK, signal, resolve, reject });
          }),
      );
      for (; lanes < Math.min(calls, waiting.length - head); lanes++) void work();
      try {
        return await Promise.all(answers);
      } finally {
        // The others of a failed request are still in work: they count until they end.
        void Promise.allSettled(answers).then(() => (pending -= queries.length));
      }
    },
  };
}

/** 503: the same request may work soon. */
export function busy(message: string): HttpError {
  return new HttpError(503, message, { 'retry-after': '1' });
}

async function retrieve(retriever: Retriever | BatchRetriever, jobs: readonly Job[]): Promise<readonly (readonly RetrievedPassage[])[]> {
  const { topK, signal, query } = jobs[0]!;
  const lists =
    typeof retriever === 'function'
      ? [await retriever(query, { topK, signal })]
      : await retriever.batch(
          jobs.map((job) => job.query),
          { topK },
        );
  if (lists.length !== jobs.length || !lists.every(Array.isArray)) {
    throw new TypeError(`the retriever must give one list of passages a query: it was asked ${jobs.length}, and gave ${lists.length}`);
  }
  return lists;
}
