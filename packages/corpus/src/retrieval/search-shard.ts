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

/** Bounds and sums are rounded in different orders. */
const SLACK = 1.0001;
/** Finding a passage by halving a term's list costs about as much as going over so many of its postings. */
const HALVING = 16;
/** Postings read before a list that is not full yet is asked for the score to beat; then again after as many once more. */
const FIRST_LOOK = 20_000;

/**
 * Puts a shard's passages among the best, by BM25; `terms` come rarest first. Passages that hold only terms too frequent to reach the best
 * ones are not looked at, and others are dropped as soon as the rest cannot bring them there (MaxScore; Turtle and Flood, 1995): the
 * results are those of adding up everything.
 */
export function searchShard(shard: PreparedShard, terms: readonly WeightedTerm[], search: ShardSearch): void {
  const { best, count, exclude, first, space } = search;
  const { scores, seen } = space;
  const rest = new Float64Array(terms.length + 1);
  for (let i = terms.length - 1; i >= 0; i--) rest[i] = rest[i + 1]! + terms[i]!.weight * shard.bounds[terms[i]!.term]! * SLACK;
  const isFull = best.length === count;
  // A passage of a later shard has a higher number: with the score of the last of the best it does not get in.
  const above = isFull ? best[count - 1]!.score : 0;
  let least = above;
  let used = 0;
  let postings = 0;
  let nextLook = FIRST_LOOK;
  let done = 0;
  for (; done < terms.length && rest[done]! > least; done++) {
    const { term } = terms[done]!;
    postings += shard.offsets[term + 1]! - shard.offsets[term]!;
    used = addTerm(shard, terms[done]!, space, used);
    if (isFull || postings < nextLook) continue;
    least = Math.max(least, leastOfBest(search, used));
    nextLook = 2 * postings;
  }
  let candidates = used;
  for (; done < terms.length; done++) {
    candidates = keepPromising(space, candidates, least - rest[done]!);
    addToSeen(shard, terms[done]!, space, candidates);
  }
  for (let i = 0; i < candidates; i++) {
    const passage = seen[i]!;
    const score = scores[passage]!;
    if (score > above && score >= least && !exclude.has(first + passage)) keepBest(best, { passage: first + passage, score }, count);
  }
  for (let i = 0; i < used; i++) scores[seen[i]!] = 0;
}

/** Puts a passage into a list of at most `count`, best first, ties by number. */
function keepBest(best: ScoredPassage[], candidate: ScoredPassage, count: number): void {
  const { passage, score } = candidate;
  let at = best.length;
  while (at > 0 && (best[at - 1]!.score < score || (best[at - 1]!.score === score && best[at - 1]!.passage > passage))) at--;
  if (at === count) return;
  best.splice(at, 0, candidate);
  if (best.length > count) best.pop();
}

/** A score that `count` passages already have, or a little less: ties with it are still of interest. 0 when there are not so many. */
function leastOfBest({ best, count, exclude, first, space: { scores, seen } }: ShardSearch, used: number): number {
  const top = new Float64Array(count);
  let size = 0;
  const add = (score: number): void => {
    let at = size < count ? size++ : count - 1;
    for (; at > 0 && top[at - 1]! < score; at--) top[at] = top[at - 1]!;
    top[at] = score;
  };
  for (const { score } of best) add(score);
  for (let i = 0; i < used; i++) {
    const score = scores[seen[i]!]!;
    if ((size < count || score > top[count - 1]!) && !exclude.has(first + seen[i]!)) add(score);
  }
  return size < count ? 0 : top[count - 1]! / SLACK;
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
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (passages[middle]! < passage) low = middle + 1;
      else high = middle;
    }
    if (low < end && passages[low] === passage) scores[passage]! += (weight * frequencies[low]!) / (frequencies[low]! + norms[passage]!);
  }
}
