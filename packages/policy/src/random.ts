import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded generator whose state can be saved; the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  /** Uniform integer in [0, size). `size` must be at least 1. */
  integer(size: number): number;
  /** A copy of the items in random order. */
  shuffle<T>(items: readonly T[]): T[];
  /** State to hand to `randomFromState`. */
  state(): number[];
}

/**
 * A generator (xoroshiro128+) from an integer seed. The first numbers of small neighbouring seeds (0, 1, 2, ...) are alike and extreme:
 * where only a few numbers are drawn, mix the seed with `deriveSeed` first.
 */
export function randomFromSeed(seed: number): Random {
  return wrap(xoroshiro128plus(seed | 0));
}

/** The generator that continues where `state()` was taken. */
export function randomFromState(state: readonly number[]): Random {
  return wrap(xoroshiro128plusFromState(state));
}

/**
 * A seed derived from any number of integers or words, e.g. `deriveSeed(run, 'rollout', step, index)`:
 * independent streams without sharing a generator (FNV-1a over the parts, mixed).
 */
export function deriveSeed(...parts: readonly (number | string)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    const text = `${part}/`;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

function wrap(generator: ReturnType<typeof xoroshiro128plus>): Random {
  const integer = (size: number): number => uniformInt(generator, 0, size - 1);
  return {
    float: () => uniformFloat64(generator),
    integer,
    shuffle(items) {
      const copy = items.slice();
      for (let i = copy.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        const held = copy[i]!;
        copy[i] = copy[j]!;
        copy[j] = held;
      }
      return copy;
    },
    state: () => [...generator.getState()],
  };
}
