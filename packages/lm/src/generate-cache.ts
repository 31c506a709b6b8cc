import type { LanguageModelConfiguration } from './configuration.ts';
import type { ReadPrompt } from './generate-prefill.ts';

/** Sizes of a decoding batch: `places` prompts, each completed in `lanes` ways at once. A row is a lane of a place. */
export interface CacheShape {
  readonly places: number;
  readonly lanes: number;
  /** Most tokens of a prompt. */
  readonly prompt: number;
  /** Most tokens after it. */
  readonly own: number;
}

const UNSEEN = -1e9;

/**
 * Keys and values of a decoding batch, in typed arrays that the compiled step reads in place. Those of a prompt are held once for all its lanes:
 * per layer prompt caches [places * KV, prompt, S], own caches [places * KV * lanes, own, S], and masks that are 0 where a slot is filled.
 */
export class KeyValueCache {
  readonly shape: CacheShape;
  readonly promptCaches: readonly Float32Array[];
  readonly ownCaches: readonly Float32Array[];
  /** [places, prompt] */
  readonly promptMask: Float32Array;
  /** [places, lanes, own] */
  readonly ownMask: Float32Array;
  readonly #configuration: LanguageModelConfiguration;

  constructor(configuration: LanguageModelConfiguration, shape: CacheShape) {
    const { places, lanes, prompt, own } = shape;
    const { layers, keyValueHeads: KV, headSize: S } = configuration;
    this.shape = shape;
    this.#configuration = configuration;
    const caches = (size: number): Float32Array[] => Array.from({ length: 2 * layers }, () => new Float32Array(size));
    this.promptCaches = caches(places * KV * prompt * S);
    this.ownCaches = caches(places * KV * lanes * own * S);
    this.promptMask = new Float32Array(places * prompt).fill(UNSEEN);
    this.ownMask = new Float32Array(places * lanes * own).fill(UNSEEN);
  }

  /** Puts the keys and values of a prompt into a place. */
  putPrompt(place: number, read: ReadPrompt): void {
    const { prompt } = this.shape;
    const { layers, keyValueHeads: KV, headSize: S } = this.#configuration;
    for (const [c, cache] of this.promptCaches.entries()) {
      const source = (c < layers ? read.keys[c] : read.values[c - layers])!;
      for (let head = 0; head < KV; head++) {
        const to = (place * KV + head) * prompt * S;
        for (const [t, from] of read.places.entries()) {
          const start = (from * KV + head) * S;
          cache.set(source.subarray(start, start + S), to + t * S);
        }
      }
    }
    this.promptMask.fill(0, place * prompt, place * prompt + read.places.length);
  }

  /** Puts one token's keys and values ([rows, KV * S] per layer, keys before values) into slot `slot` of a row. */
  putToken(row: number, slot: number, added: readonly Float32Array[]): void {
    const { lanes, own } = this.shape;
    const { keyValueHeads: KV, headSize: S } = this.#configuration;
    const [place, lane] = [Math.floor(row / lanes), row % lanes];
    for (const [c, cache] of this.ownCaches.entries()) {
      for (let head = 0; head < KV; head++) {
        const from = (row * KV + head) * S;
        cache.set(added[c]!.subarray(from, from + S), (((place * KV + head) * lanes + lane) * own + slot) * S);
      }
    }
    this.ownMask[row * own + slot] = 0;
  }

  /** Takes over a place of another cache of as many lanes, which must fit. */
  copyPlace(place: number, other: KeyValueCache, from: number): void {
    const { keyValueHeads: KV, headSize: S } = this.#configuration;
    const { lanes, prompt, own } = this.shape;
    const before = other.shape;
    const blocks = (count: number, unit: number, arrays: { to: Float32Array; from: Float32Array; size: number; oldSize: number }): void => {
      const length = Math.min(arrays.size, arrays.oldSize) * unit;
      for (let block = 0; block < count; block++) {
        const start = (from * count + block) * arrays.oldSize * unit;
        arrays.to.set(arrays.from.subarray(start, start + length), (place * count + block) * arrays.size * unit);
      }
    };
    for (const [c, to] of this.promptCaches.entries()) {
      blocks(KV, S, { to, from: other.promptCaches[c]!, size: prompt, oldSize: before.prompt });
      blocks(KV * lanes, S, { to: this.ownCaches[c]!, from: other.ownCaches[c]!, size: own, oldSize: before.own });
    }
    blocks(1, 1, { to: this.promptMask, from: other.promptMask, size: prompt, oldSize: before.prompt });
    blocks(lanes, 1, { to: this.ownMask, from: other.ownMask, size: own, oldSize: before.own });
  }
}
