import { randomFromSeed } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';

export interface PairedBootstrapOptions {
  readonly seed: number;
  /** Number of resamples. Default 2000. */
  readonly resamples?: number;
  /** Share of resamples inside the interval. Default 0.95. */
  readonly level?: number;
}

/** Mean of `after - before` with its percentile interval. */
export interface PairedDifference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Paired bootstrap of the mean difference between two scores of the same items (same order): items are resampled, pairs stay together.
 * The same seed gives the same interval. Throws `MemtrainError` (`bad-options`) for lists that are empty, of unequal length or not finite.
 */
export function pairedBootstrap(before: readonly number[], after: readonly number[], options: PairedBootstrapOptions): PairedDifference {
  if (before.length === 0 || before.length !== after.length) {
    throw new MemtrainError(
      'bad-options',
      `a paired bootstrap needs two lists of the same items, not ${before.length} and ${after.length} scores`,
    );
  }
  const differences = before.map((score, index) => after[index]! - score);
  if (!differences.every(Number.isFinite)) throw new MemtrainError('bad-options', 'a paired bootstrap needs finite scores');
  const { seed, resamples = 2000, level = 0.95 } = options;
  const random = randomFromSeed(seed);
  const size = differences.length;
  const means = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += differences[random.integer(size)]!;
    means[i] = sum / size;
  }
  means.sort();
  const at = (share: number): number => means[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))]!;
  return {
    difference: differences.reduce((sum, value) => sum + value, 0) / size,
    low: at((1 - level) / 2),
    high: at((1 + level) / 2),
  };
}
