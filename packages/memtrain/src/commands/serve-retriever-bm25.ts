import type { IndexShard } from '@memtrain/corpus';
import { keepBest } from './serve-retriever-best.ts';
import type { Ranked } from './serve-retriever-best.ts';
import { findTerm, queryTerms, soughtTerm } from './serve-retriever-terms.ts';

/** A shard and the table in which its terms are looked up. */
export interface SearchShard {
  readonly shard: IndexShard;
  readonly slots: Int32Array;
}

export interface Bm25Options {
  /** Saturation of term frequency. */
  readonly k1: number;
  /** Weight of the length normalisation. */
  readonly b: number;
}

export interface Bm25 {
  /** At most `count` passages that share a term with the query, best first, ties by number. */
  top(query: string, count: number): Ranked[];
}

/** A shard with k1 (1 - b + b length / mean length) of each passage, and the most that a term of weight 1 can add to a score. */
interface PreparedShard extends SearchShard {
  readonly norms: Float32Array;
  readonly bounds: Float32Array;
}

/** A query's term in one shard; `bound` is the most that it adds to a score. */
interface ShardTerm {
  readonly term: number;
  readonly weight: number;
  readonly bound: number;
}

/** Bounds and sums are rounded in different orders. */
const SLACK = 1.0001;
/** Finding a passage by halving a term's list costs about as much as going over so many of its postings. */
const HALVING = 16;

/**
 * BM25 as Lucene computes it, over the corpus package's shards. Passages that hold only words too frequent to reach the best ones found so
 * far are not looked at (MaxScore; Turtle and Flood, 1995), which leaves the results as they are.
 */
export function openBm25(shards: readonly SearchShard[], { k1, b }: Bm25Options): Bm25 {
  const size = shards.reduce((sum, { shard }) => sum + shard.size, 0);
  const total = shards.reduce((sum, { shard }) => shard.lengths.reduce((part, length) => part + length, sum), 0);
  const meanLength = Math.max(1, total / Math.max(1, size));
  const prepared = shards.map(({ shard, slots }): PreparedShard => {
    const norms = Float32Array.from(shard.lengths, (length) => k1 * (1 - b + (b * length) / meanLength));
    return { shard, slots, norms, bounds: termBounds(shard, norms) };
  });
  const work = searchSpace(Math.max(0, ...shards.map(({ shard }) => shard.size)));
  return {
    top(query, count) {
      const words = queryTerms(query).map(soughtTerm);
      const numbers = prepared.map(({ shard, slots }) => words.map((word) => findTerm(shard.terms, slots, word)));
      const weights = words.map((_, w) => {
        let frequency = 0;
        prepared.forEach(({ shard: { offsets } }, s) => {
          const term = numbers[s]![w]!;
          if (term >= 0) frequency += offsets[term + 1]! - offsets[term]!;
        });
        return Math.log(1 + (size - frequency + 0.5) / (frequency + 0.5));
      });
      const best: Ranked[] = [];
      let first = 0;
      prepared.forEach((own, s) => {
        const terms = numbers[s]!.flatMap((term, w): ShardTerm[] =>
          term < 0 ? [] : [{ term, weight: weights[w]!, bound: weights[w]! * own.bounds[term]! }],
        );
        searchShard(
          own,
          terms.toSorted((x, y) => y.bound - x.bound),
          { best, count, first, work },
        );
        first += own.shard.size;
      });
      return best;
    },
  };
}

function termBounds({ offsets, passages, frequencies }: IndexShard, norms: Float32Array): Float32Array {
  const bounds = new Float32Array(offsets.length - 1);
  for (let term = 0; term < bounds.length; term++) {
    let most = 0;
    for (let i = offsets[term]!; i < offsets[term + 1]!; i++) {
      const share = frequencies[i]! / (frequencies[i]! + norms[passages[i]!]!);
      if (share > most) most = share;
    }
    bounds[term] = most;
  }
  return bounds;
}

/** Memory that searches share; `scores` is zero between them. */
interface SearchSpace {
  readonly scores: Float32Array;
  readonly seen: Uint16Array;
}

function searchSpace(passages: number): SearchSpace {
  return { scores: new Float32Array(passages), seen: new Uint16Array(passages) };
}

interface ShardSearch {
  readonly best: Ranked[];
  readonly count: number;
  /** Number of the shard's first passage. */
  readonly first: number;
  readonly work: SearchSpace;
}

/** Adds a shard's passages to the best ones; `terms` come with the highest bound first. */
function searchShard(own: PreparedShard, terms: readonly ShardTerm[], { best, count, first, work }: ShardSearch): void {
  const { scores, seen } = work;
  const rest = new Float64Array(terms.length + 1);
  for (let i = terms.length - 1; i >= 0; i--) rest[i] = rest[i + 1]! + terms[i]!.bound * SLACK;
  const least = best.length === count ? best[count - 1]!.score : 0;
  // What holds none of the essential terms cannot get above the last of the best.
  let essential = 0;
  while (essential < terms.length && rest[essential]! > least) essential++;
  let used = 0;
  for (let i = 0; i < essential; i++) used = addTerm(own, terms[i]!, work, used);
  let candidates = used;
  for (let i = essential; i < terms.length; i++) {
    candidates = keepPromising(work, candidates, least - rest[i]!);
    addToSeen(own, terms[i]!, work, candidates);
  }
  for (let i = 0; i < candidates; i++) {
    const passage = seen[i]!;
    if (scores[passage]! > least) keepBest(best, { passage: first + passage, score: scores[passage]! }, count);
  }
  for (let i = 0; i < used; i++) scores[seen[i]!] = 0;
}

/** Adds a term to every passage that holds it; returns the number of passages seen. */
function addTerm({ shard, norms }: PreparedShard, { term, weight }: ShardTerm, { scores, seen }: SearchSpace, usedBefore: number): number {
  const { passages, frequencies, offsets } = shard;
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
function addToSeen({ shard, norms }: PreparedShard, { term, weight }: ShardTerm, { scores, seen }: SearchSpace, candidates: number): void {
  const { passages, frequencies, offsets } = shard;
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
    let high = end - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (passages[middle]! < passage) low = middle + 1;
      else high = middle;
    }
    if (low > high || passages[low] !== passage) continue;
    scores[passage]! += (weight * frequencies[low]!) / (frequencies[low]! + norms[passage]!);
  }
}
