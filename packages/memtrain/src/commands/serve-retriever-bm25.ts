import { passageIndexOf, related } from '@memtrain/corpus';
import type { IndexShard } from '@memtrain/corpus';
import type { Ranked } from './serve-retriever-best.ts';

export interface Bm25Options {
  /** Saturation of term frequency. */
  readonly k1: number;
  /** Weight of the length normalisation. */
  readonly b: number;
}

export interface Bm25 {
  /** At most `count` passages that share a term with the query, best first, ties by number; scores as Lucene computes them. */
  top(query: string, count: number): Ranked[];
}

/** The corpus package's BM25 over shards whose passages follow each other. */
export function openBm25(shards: readonly IndexShard[], { k1, b }: Bm25Options): Bm25 {
  const index = passageIndexOf(shards, { k1, b });
  // Lucene leaves out the constant factor k1 + 1.
  return { top: (query, count) => related(index, query, { count }).map(({ passage, score }) => ({ passage, score: score / (k1 + 1) })) };
}
