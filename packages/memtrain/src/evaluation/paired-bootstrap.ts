import { bootstrapMean } from '@memtrain/benchmarks';
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
  const { mean, low, high } = bootstrapMean(differences, options);
  return { difference: mean, low, high };
}
