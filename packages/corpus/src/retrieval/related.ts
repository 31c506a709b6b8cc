import type { PassageIndex } from './build-index.ts';
import { searchShard } from './search-shard.ts';
import { findTerm } from './term-table.ts';
import { terms } from './terms.ts';

export interface RelatedOptions {
  /** Most passages to return. */
  readonly count: number;
  /** Passage numbers that may not be returned (the pivot itself). */
  readonly exclude?: ReadonlySet<number>;
}

export interface Related {
  /** Number of the passage: its position in what was indexed. */
  readonly passage: number;
  /** The retriever's score; higher is closer. */
  readonly score: number;
}

/** The passages with the highest BM25 score for a query text, best first, ties by number; fewer than `count` when fewer share a term. */
export function related(index: PassageIndex, query: string, options: RelatedOptions): Related[] {
  const { count, exclude = new Set<number>() } = options;
  const best: Related[] = [];
  if (count <= 0) return best;
  const words = rarestFirst(index, [...new Set(terms(query))]);
  let first = 0;
  index.shards.forEach((shard, s) => {
    const present = words.flatMap(({ numbers, weight }) => (numbers[s]! < 0 ? [] : [{ term: numbers[s]!, weight }]));
    searchShard(shard, present, { best, count, exclude, first, space: index.space });
    first += shard.size;
  });
  return best;
}

/** Words with their number in each shard (-1 where absent) and their weight, rarest first: common ones come when little can change. */
function rarestFirst(index: PassageIndex, words: readonly string[]): { readonly numbers: Int32Array; readonly weight: number }[] {
  return words
    .map((word) => {
      const numbers = Int32Array.from(index.shards, (shard) => findTerm(shard.terms, word, 0, word.length));
      let frequency = 0;
      index.shards.forEach(({ offsets }, s) => {
        const term = numbers[s]!;
        if (term >= 0) frequency += offsets[term + 1]! - offsets[term]!;
      });
      return { numbers, weight: Math.log(1 + (index.size - frequency + 0.5) / (frequency + 0.5)) * (index.k1 + 1) };
    })
    .toSorted((a, b) => b.weight - a.weight);
}

/** Passages that hold the rarest word of a text; 0 when it has none, or stop words only. */
export function passagesHolding(index: PassageIndex, text: string): number {
  const counts = terms(text).map((word) =>
    index.shards.reduce((sum, { terms: table, offsets }) => {
      const term = findTerm(table, word, 0, word.length);
      return term < 0 ? sum : sum + offsets[term + 1]! - offsets[term]!;
    }, 0),
  );
  return counts.length === 0 ? 0 : Math.min(...counts);
}
