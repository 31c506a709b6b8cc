import { firstAt } from './first-at.ts';
import { keepBest, leastScore } from './shard-search.ts';
import type { PreparedShard, SearchSpace, ShardSearch, WeightedTerm } from './shard-search.ts';

export interface SeenSearch extends ShardSearch {
  /** The most that the terms from the n-th on can add to a score. */
  readonly rest: Float64Array;
  /** Terms of which a passage must hold one. */
  readonly essential: number;
}

/** Finding a passage by halving a term's list costs about as much as going over so many of its postings. */
const HALVING = 16;

/** Looks only at the passages that hold an essential term: for queries of few or rare words. */
export function searchSeen(shard: PreparedShard, terms: readonly WeightedTerm[], search: SeenSearch): void {
  const { best, count, exclude, first, space, rest, essential } = search;
  const { scores, seen } = space;
  const least = leastScore(search);
  let used = 0;
  for (let i = 0; i < essential; i++) used = addTerm(shard, terms[i]!, space, used);
  let candidates = used;
  for (let i = essential; i < terms.length; i++) {
    candidates = keepPromising(space, candidates, least - rest[i]!);
    addToSeen(shard, terms[i]!, space, candidates);
  }
  for (let i = 0; i < candidates; i++) {
    const passage = seen[i]!;
    if (scores[passage]! > least && !exclude.has(first + passage))
      keepBest(best, { passage: first + passage, score: scores[passage]! }, count);
  }
  for (let i = 0; i < used; i++) scores[seen[i]!] = 0;
}

/** Adds a term to every passage that holds it; returns the number of passages seen. */
function addTerm(shard: PreparedShard, { term, weight }: WeightedTerm, { scores, seen }: SearchSpace, usedBefore: number): number {
  const { passages, frequencies, offsets, norms } = shard;
  const end = offsets[term + 1]!;
  let used = usedBefore;
  for (let i = offsets[term]!; i < end; i++) {
    const passage = passages[i]!;
    const frequency = frequencies[i]!;
    const before = scores[passage]!;
    if (before === 0) seen[used++] = passage;
    scores[passage] = before + (weight * frequency) / (frequency + norms[passage]!);
  }
  return used;
}

/** Moves the passages that can still become one of the best to the front of those seen; returns their number. */
function keepPromising({ scores, seen }: SearchSpace, candidates: number, least: number): number {
  let kept = 0;
  for (let i = 0; i < candidates; i++) {
    const passage = seen[i]!;
    if (scores[passage]! <= least) continue;
    seen[i] = seen[kept]!;
    seen[kept++] = passage;
  }
  return kept;
}

/** Adds a term to those of the first `candidates` passages that hold it; to others that were seen it may be added as well. */
function addToSeen(shard: PreparedShard, { term, weight }: WeightedTerm, { scores, seen }: SearchSpace, candidates: number): void {
  const { passages, frequencies, offsets, norms } = shard;
  const start = offsets[term]!;
  const end = offsets[term + 1]!;
  if (candidates * HALVING > end - start) {
    for (let i = start; i < end; i++) {
      const passage = passages[i]!;
      if (scores[passage]! > 0) scores[passage]! += (weight * frequencies[i]!) / (frequencies[i]! + norms[passage]!);
    }
    return;
  }
  for (let i = 0; i < candidates; i++) {
    const passage = seen[i]!;
    const found = firstAt(passages, start, end, passage);
    if (found < end && passages[found] === passage)
      scores[passage]! += (weight * frequencies[found]!) / (frequencies[found]! + norms[passage]!);
  }
}
