import { firstAt } from './first-at.ts';
import { keepBest, leastScore, postingsOf } from './shard-search.ts';
import type { PreparedShard, ShardSearch, WeightedTerm } from './shard-search.ts';

export interface BlockSearch extends ShardSearch {
  /** The most that the terms from the n-th on can add to a score. */
  readonly rest: Float64Array;
}

/** Passages that are scored together: their scores and norms stay in the nearest cache, and the score to beat rises after each block. */
const BLOCK = 4096;
/** Looking a passage up in a term's list costs about as much as adding so many postings. */
const LOOKUP = 10;
/** Candidates are counted when the rest is below this share of the score to beat, and again when it has shrunk by the other share. */
const FIRST_COUNT = 0.75;
const NEXT_COUNT = 0.8;

/** Adds up all terms block by block, but looks the frequent ones up only for passages that can still reach the best: for long queries. */
export function searchBlocks(shard: PreparedShard, terms: readonly WeightedTerm[], search: BlockSearch): void {
  const { best, count, exclude, first, space, rest } = search;
  const { scores, seen } = space;
  const left = new Float64Array(terms.length + 1);
  for (let i = terms.length - 1; i >= 0; i--) left[i] = left[i + 1]! + postingsOf(shard, terms[i]!.term);
  /** For each term, its next posting. */
  const cursors = Uint32Array.from(terms, ({ term }) => shard.offsets[term]!);
  for (let from = 0; from < shard.size; from += BLOCK) {
    const to = Math.min(shard.size, from + BLOCK);
    const least = leastScore(search);
    let nextCount = FIRST_COUNT * least;
    let candidates = -1;
    let done = 0;
    for (; done < terms.length; done++) {
      if (rest[done]! < nextCount) {
        nextCount = NEXT_COUNT * rest[done]!;
        const most = (left[done]! * (to - from)) / shard.size / (LOOKUP * (terms.length - done));
        candidates = promising(scores, { from, to, least: least - rest[done]!, most, found: seen });
        if (candidates >= 0) break;
      }
      cursors[done] = addBlock(shard, terms[done]!, { cursor: cursors[done]!, from, to, scores });
    }
    for (; done < terms.length; done++) {
      const { term, weight } = terms[done]!;
      const { passages, frequencies, offsets, norms } = shard;
      const end = offsets[term + 1]!;
      let cursor = cursors[done]!;
      for (let i = 0; i < candidates; i++) {
        const passage = seen[i]!;
        cursor = firstAt(passages, cursor, end, passage);
        if (cursor === end) break;
        if (passages[cursor] === passage) scores[passage]! += (weight * frequencies[cursor]!) / (frequencies[cursor]! + norms[passage]!);
      }
      cursors[done] = cursor;
    }
    const looked = candidates < 0 ? to - from : candidates;
    let above = least;
    for (let i = 0; i < looked; i++) {
      const passage = candidates < 0 ? from + i : seen[i]!;
      const score = scores[passage]!;
      if (score <= above || exclude.has(first + passage)) continue;
      keepBest(best, { passage: first + passage, score }, count);
      above = leastScore(search);
    }
    scores.fill(0, from, to);
  }
}

interface BlockOfTerm {
  readonly cursor: number;
  readonly from: number;
  readonly to: number;
  readonly scores: Float32Array;
}

/** Adds a term to the passages of a block that hold it; returns the term's first posting after it. */
function addBlock(shard: PreparedShard, { term, weight }: WeightedTerm, { cursor, from, to, scores }: BlockOfTerm): number {
  const { passages, frequencies, offsets, norms } = shard;
  const end = offsets[term + 1]!;
  // Blocks in which the term was only looked up are behind the cursor.
  let i = cursor < end && passages[cursor]! < from ? firstAt(passages, cursor, end, from) : cursor;
  for (; i < end; i++) {
    const passage = passages[i]!;
    if (passage >= to) break;
    const frequency = frequencies[i]!;
    scores[passage]! += (weight * frequency) / (frequency + norms[passage]!);
  }
  return i;
}

interface PromisingOptions {
  readonly from: number;
  readonly to: number;
  readonly least: number;
  readonly most: number;
  /** Where the passages are written. */
  readonly found: Uint16Array;
}

/** Finds the passages of a block with a score above `least`; -1 when there are more than `most`. */
function promising(scores: Float32Array, { from, to, least, most, found }: PromisingOptions): number {
  let size = 0;
  for (let passage = from; passage < to; passage++) {
    if (scores[passage]! <= least) continue;
    if (size >= most) return -1;
    found[size++] = passage;
  }
  return size;
}
