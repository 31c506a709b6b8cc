import { randomFromSeed } from '@memtrain/policy';
import { bootstrapMean } from './bootstrap.ts';
import type { Interval } from './bootstrap.ts';

/** Difference of two scores of the same questions. */
export interface PairedTest {
  /** Mean of `after - before` with its bootstrap interval. */
  readonly difference: Interval;
  readonly questions: number;
  /** Questions that got better and worse. */
  readonly better: number;
  readonly worse: number;
  /** Two-sided p of the sign-flip (permutation) test of the mean difference. */
  readonly permutationP: number;
  /** Two-sided exact p of better against worse: for right-or-wrong scores McNemar's exact test. */
  readonly signP: number;
}

export interface PairedTestOptions {
  readonly seed: number;
  /** Sign flips of the permutation test, and resamples of the interval. Default 10,000. */
  readonly rounds?: number;
}

/** Tests whether two scores of the same questions, in the same order, differ. Throws `BenchmarkError` (`bad-options`) for no questions. */
export function pairedTest(before: readonly number[], after: readonly number[], options: PairedTestOptions): PairedTest {
  const { seed, rounds = 10_000 } = options;
  const differences = after.map((score, index) => score - before[index]!);
  const difference = bootstrapMean(differences, { seed, resamples: rounds });
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const random = randomFromSeed(seed + 1);
  let extreme = 0;
  for (let round = 0; round < rounds; round++) {
    let sum = 0;
    for (const value of differences) sum += random.integer(2) === 0 ? value : -value;
    if (Math.abs(sum) >= observed - 1e-9) extreme++;
  }
  const better = differences.filter((value) => value > 0).length;
  const worse = differences.filter((value) => value < 0).length;
  return {
    difference,
    questions: differences.length,
    better,
    worse,
    permutationP: (extreme + 1) / (rounds + 1),
    signP: binomialTwoSided(Math.min(better, worse), better + worse),
  };
}

/** Two-sided p of at most `fewer` heads in `tosses` of a fair coin. */
function binomialTwoSided(fewer: number, tosses: number): number {
  let term = -tosses * Math.LN2;
  let sum = 0;
  for (let heads = 0; heads <= fewer; heads++) {
    sum += Math.exp(term);
    term += Math.log(tosses - heads) - Math.log(heads + 1);
  }
  return Math.min(1, 2 * sum);
}
