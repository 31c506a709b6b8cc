import type { Datum } from '@memtrain/policy';
import { GrpoError } from './errors.ts';

/**
 * Estimators of the KL divergence to the reference, with d = reference - logp:
 * `k1` = -d (its gradient is zero on average over samples of the policy: a penalty only inside a reward),
 * `k2` = d^2 / 2, `k3` = exp(d) - d - 1 (the paper's, never negative).
 */
export type KlEstimator = 'k1' | 'k2' | 'k3';

export interface ObjectiveOptions {
  /** The ratio is clipped to [1 - clipLow, 1 + clipHigh]. */
  readonly clipLow: number;
  readonly clipHigh: number;
  /** Coefficient of the KL penalty; 0 needs no reference. */
  readonly kl: number;
  /** Default `k3`, the only one a `Learner` knows. */
  readonly klEstimator?: KlEstimator;
}

export interface ObjectiveValue {
  /** J, to be maximised: a learner's loss is its negative. */
  readonly value: number;
  /** dJ / dlogp of each completion token. */
  readonly gradient: Float64Array;
  /** Tokens where the clipped ratio was used, so that the policy term has no gradient. */
  readonly clipped: number;
  /** Sum over tokens of r - log r - 1 with r = exp(logp - old): unbiased for KL(old || current) on samples of old. */
  readonly movedKl: number;
}

/**
 * The objective of one datum and its gradient in closed form, in doubles: sum over tokens of
 * weight * (min(r A, clip(r) A) - kl * k), r = exp(logp - old) (paper equations 3 and 4).
 * It is what `policyGradient` of `Loss` means; `logprobs` are those of the current policy, at the temperature of the sampling.
 * Throws `GrpoError` `bad-options` for arrays of different lengths or a missing reference.
 */
export function objective(datum: Datum, logprobs: ArrayLike<number>, options: ObjectiveOptions): ObjectiveValue {
  const { clipLow, clipHigh, kl, klEstimator = 'k3' } = options;
  const n = datum.completion.length;
  const old = perToken(datum.logprobs, n, 'logprobs');
  const advantage = perToken(datum.advantage, n, 'advantage');
  const weight = perToken(datum.weight, n, 'weight');
  const current = perToken(logprobs, n, 'current log-probabilities');
  const reference = kl === 0 ? undefined : perToken(datum.reference, n, 'reference');
  const gradient = new Float64Array(n);
  let value = 0;
  let clipped = 0;
  let movedKl = 0;
  for (let t = 0; t < n; t++) {
    const logp = current(t);
    const A = advantage(t);
    const ratio = Math.exp(logp - old(t));
    const isClipped = (A > 0 && ratio > 1 + clipHigh) || (A < 0 && ratio < 1 - clipLow);
    // With A = 0 an infinite ratio would give NaN.
    let gain = A === 0 ? 0 : (isClipped ? (A > 0 ? 1 + clipHigh : 1 - clipLow) : ratio) * A;
    let slope = A === 0 || isClipped ? 0 : ratio * A;
    if (reference) {
      const penalty = klOf(reference(t) - logp, klEstimator);
      gain -= kl * penalty.value;
      slope -= kl * penalty.slope;
    }
    value += weight(t) * gain;
    gradient[t] = weight(t) * slope;
    if (isClipped) clipped++;
    movedKl += Math.expm1(logp - old(t)) - (logp - old(t)); // Rounding must not make it negative.
  }
  return { value, gradient, clipped, movedKl };
}

/** The estimate and its derivative by logp, where behind = reference - logp. */
function klOf(behind: number, estimator: KlEstimator): { value: number; slope: number } {
  if (estimator === 'k1') return { value: -behind, slope: 1 };
  if (estimator === 'k2') return { value: (behind * behind) / 2, slope: -behind };
  return { value: Math.expm1(behind) - behind, slope: -Math.expm1(behind) };
}

function perToken(source: number | ArrayLike<number> | undefined, length: number, name: string): (token: number) => number {
  if (typeof source === 'number') return () => source;
  if (source?.length !== length) {
    throw new GrpoError('bad-options', `the datum has ${length} completion tokens, but ${name} has ${source?.length ?? 'no'} values`);
  }
  return (token) => source[token]!;
}
