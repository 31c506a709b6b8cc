import type { RetrievedPassage, Retriever } from '@memtrain/agent';
import type { BatchRetriever } from '@memtrain/benchmarks';
import { keepBest } from './serve-retriever-best.ts';
import type { Ranked } from './serve-retriever-best.ts';
import type { Bm25 } from './serve-retriever-bm25.ts';
import type { Dense } from './serve-retriever-dense.ts';
import type { RetrieverIndex } from './serve-retriever-index.ts';

/** Ways to rank: shared words, vectors, or both by the sum of reciprocal ranks. */
export type RetrieverKind = 'bm25' | 'dense' | 'hybrid';

/** Candidates that a hybrid takes of each side, as a multiple of the passages wanted. */
const DEPTH = 3;
/** Ranks count 1 / (constant + rank); Cormack, Clarke and Buettcher, 2009. */
const CONSTANT = 60;

/** BM25 alone, over an open index. */
export function bm25Retriever(index: RetrieverIndex, bm25: Bm25): Retriever {
  return (query, { topK }) => bm25.top(query, topK).map((ranked) => passageOf(index, ranked));
}

/** Vectors alone, or with BM25 beside them. */
export function denseRetriever(index: RetrieverIndex, dense: Dense, bm25?: Bm25): BatchRetriever {
  return {
    async batch(queries, { topK }) {
      const lists = await dense.top(queries, bm25 ? topK * DEPTH : topK);
      return lists.map((list, q) => {
        const ranked = bm25 ? fuseRanks([bm25.top(queries[q]!, topK * DEPTH), list], topK) : list;
        return ranked.map((own) => passageOf(index, own));
      });
    },
  };
}

/** The passages with the highest sum of reciprocal ranks, best first, ties by number. */
function fuseRanks(lists: readonly (readonly Ranked[])[], count: number): Ranked[] {
  const sums = new Map<number, number>();
  for (const list of lists) list.forEach(({ passage }, rank) => sums.set(passage, (sums.get(passage) ?? 0) + 1 / (CONSTANT + rank + 1)));
  const best: Ranked[] = [];
  for (const [passage, score] of sums) keepBest(best, { passage, score }, count);
  return best;
}

function passageOf(index: RetrieverIndex, { passage, score }: Ranked): RetrievedPassage {
  return { ...index.row(passage), score };
}
