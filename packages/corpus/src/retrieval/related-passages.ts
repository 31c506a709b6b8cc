import type { PassageIndex } from './build-index.ts';
import { related } from './related.ts';
import type { Related } from './related.ts';

/** The passage to which others are related; it is never among them. */
export interface Pivot {
  readonly number: number;
  readonly title: string;
  readonly text: string;
}

/** Finds related passages: BM25, vectors, a server, or several of them together. */
export interface RelatedPassages {
  /** At most `count` passages, best first, without the pivot. */
  related(pivot: Pivot, options: { readonly count: number }): Promise<readonly Related[]>;
}

/** Related passages by BM25. */
export function bm25Related(index: PassageIndex): RelatedPassages {
  return {
    related: (pivot, { count }) =>
      Promise.resolve(related(index, `${pivot.title} ${pivot.text}`, { count, exclude: new Set([pivot.number]) })),
  };
}

export interface HybridRelatedOptions {
  /** Candidates taken of each retriever, as a multiple of the passages wanted. Default 3. */
  readonly depth?: number;
  /** Ranks count 1 / (constant + rank). Default 60. */
  readonly constant?: number;
}

/** Several retrievers together, by the sum of reciprocal ranks; ties by number. */
export function hybridRelated(retrievers: readonly RelatedPassages[], options: HybridRelatedOptions = {}): RelatedPassages {
  const { depth = 3, constant = 60 } = options;
  return {
    async related(pivot, { count }) {
      const lists = await Promise.all(retrievers.map((retriever) => retriever.related(pivot, { count: count * depth })));
      const scores = new Map<number, number>();
      for (const list of lists)
        list.forEach(({ passage }, rank) => scores.set(passage, (scores.get(passage) ?? 0) + 1 / (constant + rank + 1)));
      return [...scores]
        .map(([passage, score]) => ({ passage, score }))
        .toSorted((a, b) => b.score - a.score || a.passage - b.passage)
        .slice(0, count);
    },
  };
}
