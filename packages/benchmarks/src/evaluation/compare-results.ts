import { deriveSeed } from '@memtrain/policy';
import { BenchmarkError } from '../errors.ts';
import type { MetricName } from '../items/benchmark-item.ts';
import { pairedTest } from '../statistics/paired-test.ts';
import type { PairedTest } from '../statistics/paired-test.ts';
import type { ArmResult, EvaluationResult } from './result.ts';
import { metricNames } from './summarize.ts';

/** A paired test of one arm by one metric. */
export interface Comparison extends PairedTest {
  readonly arm: string;
  readonly metric: MetricName;
}

export interface CompareOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Compares this arm of the first result with `against` of the second, e.g. `memory` with `one-window`. Default: arms of the same name. */
  readonly arm?: string;
  readonly against?: string;
}

/**
 * Paired tests between two evaluations of the same questions, by every metric that both have. Throws `BenchmarkError` (`other-run`) when
 * they are of other data, or have no question in common.
 */
export function compareResults(before: EvaluationResult, after: EvaluationResult, options: CompareOptions = {}): Comparison[] {
  if (before.corpusHash !== after.corpusHash || before.benchmark !== after.benchmark) {
    throw new BenchmarkError(
      'other-run',
      `the results are of ${before.benchmark} (data ${before.corpusHash.slice(0, 12)}) and ${after.benchmark} (data ` +
        `${after.corpusHash.slice(0, 12)}): a paired test needs the same questions`,
    );
  }
  const { seed = 0, arm, against = arm } = options;
  const pairs = before.arms
    .filter(({ name }) => arm === undefined || name === arm)
    .flatMap((first) => after.arms.filter(({ name }) => name === (against ?? first.name)).map((second) => [first, second] as const));
  const comparisons = pairs.flatMap(([first, second]) => compareArms(first, second, seed));
  if (comparisons.length === 0) {
    throw new BenchmarkError('other-run', 'the results have no arm with common questions: name them with --arm and --against');
  }
  return comparisons;
}

function compareArms(before: ArmResult, after: ArmResult, seed: number): Comparison[] {
  const arm = before.name === after.name ? before.name : `${before.name} -> ${after.name}`;
  const common = Object.keys(before.scores).filter((item) => item in after.scores);
  return metricNames.flatMap((metric) => {
    const pairs = common.flatMap((item) => {
      const [first, second] = [before.scores[item]![metric], after.scores[item]![metric]];
      return first === undefined || second === undefined ? [] : [[first, second] as const];
    });
    if (pairs.length === 0) return [];
    const test = pairedTest(
      pairs.map(([first]) => first),
      pairs.map(([, second]) => second),
      { seed: deriveSeed(seed, 'compare', arm, metric) },
    );
    return [{ arm, metric, ...test }];
  });
}
