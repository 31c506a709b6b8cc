import { CorpusError } from '../errors.ts';
import { buildShard, SHARD_SIZE } from './index-shard.ts';
import type { IndexedText, IndexShard } from './index-shard.ts';
import type { PreparedShard, SearchSpace } from './shard-search.ts';

/** BM25 over any number of passages, in shards. Passage numbers are positions in the input. */
export interface PassageIndex {
  readonly size: number;
  readonly shards: readonly PreparedShard[];
  /** Mean number of terms of a passage, at least 1. */
  readonly meanLength: number;
  readonly k1: number;
  /** Memory that searches use, one after the other. */
  readonly space: SearchSpace;
}

export interface BuildIndexOptions {
  /** Saturation of term frequency. Default 1.2. */
  readonly k1?: number;
  /** Weight of the length normalisation, 0 to 1. Default 0.75. */
  readonly b?: number;
}

/** Inverts titles and texts for BM25. Throws `CorpusError` (`bad-options`) for k1 < 0 or b outside [0, 1]. */
export function buildIndex(passages: Iterable<IndexedText>, options: BuildIndexOptions = {}): PassageIndex {
  checkParameters(options);
  const shards: IndexShard[] = [];
  const input = passages[Symbol.iterator]();
  let ended = false;
  function* next(): Generator<IndexedText> {
    for (let i = 0; i < SHARD_SIZE; i++) {
      const passage = input.next();
      ended = passage.done === true;
      if (passage.done) return;
      yield passage.value;
    }
  }
  while (!ended) {
    const shard = buildShard(next());
    if (shard.size > 0) shards.push(shard);
  }
  return passageIndexOf(shards, options);
}

/** An index over shards whose passages follow each other. Throws `CorpusError` (`bad-options`) as `buildIndex` does. */
export function passageIndexOf(shards: readonly IndexShard[], options: BuildIndexOptions = {}): PassageIndex {
  const { k1, b } = checkParameters(options);
  let size = 0;
  let total = 0;
  for (const shard of shards) {
    size += shard.size;
    for (const length of shard.lengths) total += length;
  }
  const meanLength = Math.max(1, total / Math.max(1, size));
  const prepared = shards.map((shard): PreparedShard => {
    const norms = Float32Array.from(shard.lengths, (length) => k1 * (1 - b + (b * length) / meanLength));
    return { ...shard, norms, bounds: termBounds(shard, norms) };
  });
  const most = Math.max(0, ...shards.map((shard) => shard.size));
  return { size, shards: prepared, meanLength, k1, space: { scores: new Float32Array(most), seen: new Uint16Array(most) } };
}

function termBounds({ offsets, passages, frequencies }: IndexShard, norms: Float32Array): Float32Array {
  const bounds = new Float32Array(offsets.length - 1);
  for (let term = 0; term < bounds.length; term++) {
    const end = offsets[term + 1]!;
    let most = 0;
    for (let i = offsets[term]!; i < end; i++) {
      const share = frequencies[i]! / (frequencies[i]! + norms[passages[i]!]!);
      if (share > most) most = share;
    }
    bounds[term] = most;
  }
  return bounds;
}

function checkParameters({ k1 = 1.2, b = 0.75 }: BuildIndexOptions): { k1: number; b: number } {
  if (!(k1 >= 0) || !(b >= 0 && b <= 1)) throw new CorpusError('bad-options', `BM25 needs k1 >= 0 and 0 <= b <= 1, got k1 ${k1}, b ${b}`);
  return { k1, b };
}
