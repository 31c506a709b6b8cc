import type { IndexShard } from './index-shard.ts';

/** A shard with what depends on the whole index's mean length. */
export interface PreparedShard extends IndexShard {
  /** k1 (1 - b + b length / mean length) of each passage. */
  readonly norms: Float32Array;
  /** The most that each term, of weight 1, adds to any passage's score. */
  readonly bounds: Float32Array;
}

/** A query's term in a shard. */
export interface WeightedTerm {
  readonly term: number;
  readonly weight: number;
}

/** A passage by its number in the index, and its score. */
export interface ScoredPassage {
  readonly passage: number;
  readonly score: number;
}

/** Memory that the searches of an index share; the scores are zero between them. */
export interface SearchSpace {
  readonly scores: Float32Array;
  readonly seen: Uint16Array;
}

export interface ShardSearch {
  /** The best passages so far, best first, ties by number: the shard's are put among them. */
  readonly best: ScoredPassage[];
  readonly count: number;
  readonly exclude: ReadonlySet<number>;
  /** Number of the shard's first passage. */
  readonly first: number;
  readonly space: SearchSpace;
}

/** The score to beat: a passage further on has a higher number, so with an equal score it does not get in. */
export function leastScore({ best, count }: ShardSearch): number {
  return best.length === count ? best[count - 1]!.score : 0;
}

export function postingsOf({ offsets }: IndexShard, term: number): number {
  return offsets[term + 1]! - offsets[term]!;
}

/** Puts a passage into a list of at most `count`, best first, ties by number. */
export function keepBest(best: ScoredPassage[], candidate: ScoredPassage, count: number): void {
  const { passage, score } = candidate;
  let at = best.length;
  while (at > 0 && (best[at - 1]!.score < score || (best[at - 1]!.score === score && best[at - 1]!.passage > passage))) at--;
  if (at === count) return;
  best.splice(at, 0, candidate);
  if (best.length > count) best.pop();
}
