import type { PassageIndex } from './build-index.ts';
import type { IndexShard } from './index-shard.ts';
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
  const top: Related[] = [];
  if (count <= 0) return top;
  const words = rarestFirst(index, [...new Set(terms(query))]);
  const scores = new Float32Array(Math.max(0, ...index.shards.map((shard) => shard.size)));
  const room = new Uint32Array(scores.length);
  let first = 0;
  index.shards.forEach((shard, s) => {
    if (s > 0) scores.fill(0, 0, shard.size);
    const norms = index.lengthNorms[s]!;
    const present = words.flatMap(({ numbers, weight }) => (numbers[s]! < 0 ? [] : [{ term: numbers[s]!, weight }]));
    const rest = restBounds(present, index.leastNorms[s]!, index.maxFrequencies[s]!);
    const least = top.length === count ? top[count - 1]!.score : 0;
    let done = 0;
    let worthALook = 0.9 * least;
    let candidates: Uint32Array | undefined;
    while (done < present.length && !candidates) {
      addScores(scores, shard, present[done]!, norms);
      done++;
      // A passage without any of these terms can no longer get into the list: look only at those that can.
      if (rest[done]! >= worthALook) continue;
      candidates = worthwhile(scores, shard, { least: least - rest[done]!, terms: present.slice(done), room });
      worthALook *= 0.85;
    }
    if (candidates) {
      for (; done < present.length; done++) addToCandidates(scores, shard, { ...present[done]!, norms, candidates });
      keepBest(top, scores, { passages: candidates, first, count, exclude });
    } else keepBest(top, scores, { passages: shard.size, first, count, exclude });
    first += shard.size;
  });
  return top;
}

interface WeightedTerm {
  readonly term: number;
  readonly weight: number;
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

/** Most that the terms from the n-th on can add to any passage's score, a little rounded up. */
function restBounds(words: readonly WeightedTerm[], leastNorm: number, maxFrequencies: Uint8Array): Float64Array {
  const rest = new Float64Array(words.length + 1);
  for (let i = words.length - 1; i >= 0; i--) {
    const frequency = maxFrequencies[words[i]!.term]!;
    rest[i] = rest[i + 1]! + (words[i]!.weight * frequency * 1.0001) / (frequency + leastNorm);
  }
  return rest;
}

/** Passages with a score above `least`, when looking them up costs less than reading the remaining terms' postings. */
function worthwhile(
  scores: Float32Array,
  shard: IndexShard,
  { least, terms: remaining, room }: WorthwhileOptions,
): Uint32Array | undefined {
  const postings = remaining.reduce((sum, { term }) => sum + shard.offsets[term + 1]! - shard.offsets[term]!, 0);
  const most = Math.min(room.length, Math.floor(postings / (LOOKUP_COST * remaining.length || 1)));
  let size = 0;
  for (let passage = 0; passage < shard.size; passage++) {
    if (scores[passage]! <= least) continue;
    if (size === most) return undefined;
    room[size++] = passage;
  }
  return room.subarray(0, size);
}

interface WorthwhileOptions {
  readonly least: number;
  readonly terms: readonly WeightedTerm[];
  /** Where the passages are written. */
  readonly room: Uint32Array;
}

/** A binary search in a list of postings costs about as much as reading that many. */
const LOOKUP_COST = 24;

interface AddToCandidatesOptions extends WeightedTerm {
  readonly norms: Float32Array;
  /** Passages in ascending order. */
  readonly candidates: Uint32Array;
}

function addToCandidates(scores: Float32Array, shard: IndexShard, { term, weight, norms, candidates }: AddToCandidatesOptions): void {
  const { passages, frequencies, offsets } = shard;
  const end = offsets[term + 1]!;
  let from = offsets[term]!;
  for (const passage of candidates) {
    let low = from;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (passages[middle]! < passage) low = middle + 1;
      else high = middle;
    }
    from = low;
    if (low === end) return;
    if (passages[low] === passage) scores[passage]! += (weight * frequencies[low]!) / (frequencies[low]! + norms[passage]!);
  }
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

/** Adds one term's share to the score of every passage that holds it. */
function addScores(scores: Float32Array, shard: IndexShard, { term, weight }: WeightedTerm, norms: Float32Array): void {
  const { passages, frequencies, offsets } = shard;
  const end = offsets[term + 1]!;
  for (let i = offsets[term]!; i < end; i++) {
    const passage = passages[i]!;
    const frequency = frequencies[i]!;
    scores[passage]! += (weight * frequency) / (frequency + norms[passage]!);
  }
}

interface KeepBestOptions {
  /** Passages to look at, in ascending order; all up to a number. */
  readonly passages: Uint32Array | number;
  readonly first: number;
  readonly count: number;
  readonly exclude: ReadonlySet<number>;
}

/** A bounded list kept sorted: `count` is small, and most passages fail the first comparison. */
function keepBest(top: Related[], scores: Float32Array, { passages, first, count, exclude }: KeepBestOptions): void {
  let least = top.length === count ? top[count - 1]!.score : 0;
  const size = typeof passages === 'number' ? passages : passages.length;
  for (let i = 0; i < size; i++) {
    const passage = typeof passages === 'number' ? i : passages[i]!;
    const score = scores[passage]!;
    if (score <= least || exclude.has(first + passage)) continue;
    let at = top.length;
    while (at > 0 && top[at - 1]!.score < score) at--;
    top.splice(at, 0, { passage: first + passage, score });
    if (top.length > count) top.pop();
    if (top.length === count) least = top[count - 1]!.score;
  }
}
