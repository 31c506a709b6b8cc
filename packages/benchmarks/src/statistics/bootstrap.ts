import { randomFromSeed } from '@memtrain/policy';
import { BenchmarkError } from '../errors.ts';

/** A mean with its interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  /** Number of resamples. Default 2000. */
  readonly resamples?: number;
  /** Share of resamples inside the interval. Default 0.95. */
  readonly level?: number;
}

/**
 * Mean of a score over questions with its percentile bootstrap interval: questions are resampled. The same seed gives the same interval.
 * Throws `BenchmarkError` (`bad-options`) for no values, or one that is not finite.
 */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions): Interval {
  const { seed, resamples = 2000, level = 0.95 } = options;
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new BenchmarkError('bad-options', `a bootstrap needs finite values, and at least one, not ${values.length} of them`);
  }
  const random = randomFromSeed(seed);
  const size = values.length;
  const means = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += values[random.integer(size)]!;
    means[i] = sum / size;
  }
  means.sort();
  const at = (share: number): number => means[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))]!;
  return { mean: values.reduce((sum, value) => sum + value, 0) / size, low: at((1 - level) / 2), high: at((1 + level) / 2) };
}
