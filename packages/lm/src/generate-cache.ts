import type { TensorSpec } from '@memtrain/tfjs-jit';
import type { LanguageModelConfiguration } from './configuration.ts';
import type { ReadPrompt } from './generate-prefill.ts';

/** Sizes of a decoding batch: `places` prompts, each completed in `lanes` ways at once. A row is a lane of a place. */
export interface CacheShape {
  readonly places: number;
  readonly lanes: number;
  /** Most tokens of a prompt that several lanes share; 0 with one lane, which has the prompt among its own tokens. */
  readonly prompt: number;
  /** Most other tokens of a row. */
  readonly own: number;
}

const UNSEEN = -1e9;

/**
 * Keys and values of a decoding batch, in typed arrays that the compiled step reads in place. Those of a prompt are held once for all its lanes:
 * per layer own caches [places * KV * lanes, own, S], prompt caches [places * KV, prompt, S] if they are shared, and masks that are 0 where a slot
 * is filled.
 */
export class KeyValueCache {
  readonly shape: CacheShape;
  /** Feeds of the compiled step: own mask [places, lanes, own], own caches, keys before values, then the same of prompts if they are shared. */
  readonly feeds: readonly Float32Array[];
  readonly #ownMask: Float32Array;
  readonly #ownCaches: readonly Float32Array[];
  readonly #promptMask: Float32Array;
  readonly #promptCaches: readonly Float32Array[];
  /** First own slot of each place that is after the prompt. */
  readonly #starts: Int32Array;
  readonly #configuration: LanguageModelConfiguration;

  constructor(configuration: LanguageModelConfiguration, shape: CacheShape) {
    const { places, lanes, prompt, own } = shape;
    const { layers, keyValueHeads: KV, headSize: S } = configuration;
    this.shape = shape;
    this.#configuration = configuration;
    const caches = (size: number): Float32Array[] => Array.from({ length: 2 * layers }, () => new Float32Array(size));
    this.#ownMask = new Float32Array(places * lanes * own).fill(UNSEEN);
    this.#ownCaches = caches(places * KV * lanes * own * S);
    this.#promptMask = new Float32Array(places * prompt).fill(UNSEEN);
    this.#promptCaches = prompt > 0 ? caches(places * KV * prompt * S) : [];
    this.#starts = new Int32Array(places);
    this.feeds = [this.#ownMask, ...this.#ownCaches, ...(prompt > 0 ? [this.#promptMask, ...this.#promptCaches] : [])];
  }

  /** Puts the keys and values of a prompt into a place. */
  putPrompt(place: number, { length, runs, keys, values, rowLength }: ReadPrompt): void {
    const { prompt, own } = this.shape;
    const { layers, keyValueHeads: KV, headSize: S } = this.#configuration;
    const [caches, slots, mask] = prompt > 0 ? [this.#promptCaches, prompt, this.#promptMask] : [this.#ownCaches, own, this.#ownMask];
    for (const [c, cache] of caches.entries()) {
      const source = (c < layers ? keys[c] : values[c - layers])!;
      for (let head = 0; head < KV; head++) {
        let to = (place * KV + head) * slots * S;
        for (const { row, from, count } of runs) {
          const start = ((row * KV + head) * rowLength + from) * S;
          cache.set(source.subarray(start, start + count * S), to);
          to += count * S;
        }
      }
    }
    mask.fill(0, place * slots, place * slots + length);
    if (prompt === 0) this.#starts[place] = length;
  }

  /**
   * Puts the keys and values ([places, KV, lanes, S] per layer, keys before values) of one token of each row into its slot: token `indices[row]` after
   * the prompt; -1 where there is none.
   */
  putTokens(indices: Int32Array, added: readonly Float32Array[]): void {
    const { lanes, own } = this.shape;
    const { keyValueHeads: KV, headSize: S } = this.#configuration;
    // Few numbers at a time: a loop is quicker than views and their copies.
    for (const [c, cache] of this.#ownCaches.entries()) {
      const source = added[c]!;
      for (let row = 0; row < indices.length; row++) {
        if (indices[row]! < 0) continue;
        const place = Math.floor(row / lanes);
        const slot = this.#starts[place]! + indices[row]!;
        for (let head = 0; head < KV; head++) {
          const block = (place * KV + head) * lanes + (row % lanes);
          const from = block * S;
          const to = (block * own + slot) * S;
          for (let i = 0; i < S; i++) cache[to + i] = source[from + i]!;
        }
        this.#ownMask[row * own + slot] = 0;
      }
    }
  }

  /** Takes over a place of another cache of as many lanes, which must fit. */
  copyPlace(place: number, other: KeyValueCache, from: number): void {
    const { keyValueHeads: KV, headSize: S } = this.#configuration;
    const { lanes, prompt, own } = this.shape;
    const before = other.shape;
    const move = (count: number, unit: number, arrays: { to: Float32Array; from: Float32Array; size: number; oldSize: number }): void => {
      const length = Math.min(arrays.size, arrays.oldSize) * unit;
      for (let block = 0; block < count; block++) {
        const start = (from * count + block) * arrays.oldSize * unit;
        arrays.to.set(arrays.from.subarray(start, start + length), (place * count + block) * arrays.size * unit);
      }
    };
    const [owns, prompts] = [
      { size: own, oldSize: before.own },
      { size: prompt, oldSize: before.prompt },
    ];
    for (const [c, to] of this.#ownCaches.entries()) move(KV * lanes, S, { to, from: other.#ownCaches[c]!, ...owns });
    for (const [c, to] of this.#promptCaches.entries()) move(KV, S, { to, from: other.#promptCaches[c]!, ...prompts });
    move(lanes, 1, { to: this.#ownMask, from: other.#ownMask, ...owns });
    move(1, 1, { to: this.#promptMask, from: other.#promptMask, ...prompts });
    this.#starts[place] = other.#starts[from]!;
  }
}

/** Shapes of `KeyValueCache.feeds`. */
export function cacheSpecs({ layers, keyValueHeads: KV, headSize: S }: LanguageModelConfiguration, shape: CacheShape): TensorSpec[] {
  const { places, lanes, prompt, own } = shape;
  const spec = (...dimensions: number[]): TensorSpec => ({ shape: dimensions, dtype: 'float32' });
  const caches = (...dimensions: number[]): TensorSpec[] => Array.from({ length: 2 * layers }, () => spec(...dimensions));
  return [
    spec(places, lanes, own),
    ...caches(places * KV * lanes, own, S),
    ...(prompt > 0 ? [spec(places, prompt), ...caches(places * KV, prompt, S)] : []),
  ];
}
