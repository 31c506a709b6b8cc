import type { PassageIndex } from './build-index.ts';
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
  /** BM25 score, above 0. */
  readonly score: number;
}

/** The passages with the highest BM25 score for a query text, best first, ties by number; fewer than `count` when fewer share a term. */
export function related(index: PassageIndex, query: string, options: RelatedOptions): Related[] {
  const scores = new Float32Array(index.size);
  for (const word of new Set(terms(query))) {
    const term = index.vocabulary.get(word);
    if (term === undefined) continue;
    const start = index.offsets[term]!;
    const end = index.offsets[term + 1]!;
    const rarity = Math.log(1 + (index.size - (end - start) + 0.5) / (end - start + 0.5));
    for (let i = start; i < end; i++) {
      const passage = index.passages[i]!;
      const frequency = index.frequencies[i]!;
      scores[passage]! += (rarity * frequency * (index.k1 + 1)) / (frequency + index.lengthNorms[passage]!);
    }
  }
  return best(scores, options.count, options.exclude ?? new Set());
}

/** A bounded list kept sorted: `count` is small, and most passages fail the first comparison. */
function best(scores: Float32Array, count: number, exclude: ReadonlySet<number>): Related[] {
  const top: Related[] = [];
  if (count <= 0) return top;
  for (let passage = 0; passage < scores.length; passage++) {
    const score = scores[passage]!;
    if (score <= 0 || (top.length === count && score <= top[count - 1]!.score) || exclude.has(passage)) continue;
    let at = top.length;
    while (at > 0 && top[at - 1]!.score < score) at--;
    top.splice(at, 0, { passage, score });
    if (top.length > count) top.pop();
  }
  return top;
}
