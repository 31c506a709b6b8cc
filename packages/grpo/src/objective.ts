import { logRatioBound } from '@memtrain/policy';
import type { Datum, KlEstimator, LossMetrics, PolicyGradientLoss } from '@memtrain/policy';
import { GrpoError } from './errors.ts';

export interface ObjectiveOptions extends Omit<PolicyGradientLoss, 'kind'> {
  /**
   * What the ratio r is of: each `token` (default; PPO, GRPO), or the whole completion (`sequence`: the exponential of the mean log ratio,
   * the same for all its tokens; GSPO, arXiv 2507.18071). No `Learner` knows the second: `train` reaches it through `forwardBackwardByCrossEntropy`.
   */
  readonly importance?: 'token' | 'sequence';
}

/** Everything of `LossMetrics` that needs no engine; sums over the datum's completion tokens. */
type ObjectiveCounts = Required<Omit<LossMetrics, 'loss' | 'tokens' | 'entropy'>>;

export interface ObjectiveValue extends ObjectiveCounts {
  /** J, to be maximised: a learner's loss is its negative. */
  readonly value: number;
  /** dJ / dlogp of each completion token. */
  readonly gradient: Float64Array;
}

/**
 * The objective of one datum and its gradient in closed form, in doubles: sum over tokens of weight * (surrogate - kl * K)
 * (paper equations 3 and 4). It is what `policyGradient` of `Loss` means; `logprobs` are those of the current policy, at the temperature
 * of the sampling. Throws `GrpoError` `bad-options` for arrays of different lengths or a missing reference.
 */
export function objective(datum: Datum, logprobs: ArrayLike<number>, options: ObjectiveOptions): ObjectiveValue {
  const { kl, klEstimator = 'k3', importance = 'token' } = options;
  const n = datum.completion.length;
  const old = perToken(datum.logprobs, n, 'logprobs');
  const advantage = perToken(datum.advantage, n, 'advantage');
  const weight = perToken(datum.weight, n, 'weight');
  const current = perToken(logprobs, n, 'current log-probabilities');
  const reference = kl === 0 ? undefined : perToken(datum.reference, n, 'reference');
  const moved = Float64Array.from({ length: n }, (_, t) => current(t) - old(t));
  const sequenceMoved = importance === 'sequence' ? moved.reduce((sum, value) => sum + value, 0) / n : undefined;
  const gradient = new Float64Array(n);
  const counts = { clipped: 0, clippedLow: 0, clippedHigh: 0, movedKl: 0, movedAbsolute: 0, movedLargest: 0, referenceKl: 0 };
  let value = 0;
  let sequenceSlope = 0;
  for (let t = 0; t < n; t++) {
    const w = weight(t);
    const gain = surrogate(sequenceMoved ?? moved[t]!, advantage(t), current(t), options);
    value += w * gain.value;
    if (sequenceMoved === undefined) gradient[t] = w * gain.slope;
    else sequenceSlope += w * gain.slope;
    if (reference) {
      const penalty = klOf(reference(t) - current(t), klEstimator);
      value -= w * kl * penalty.value;
      gradient[t]! -= w * kl * penalty.slope;
      counts.referenceKl += penalty.value;
    }
    if (gain.clipped) counts.clipped++;
    if (gain.clipped === 'low') counts.clippedLow++;
    if (gain.clipped === 'high') counts.clippedHigh++;
    const log = limit(moved[t]!);
    counts.movedKl += Math.max(0, Math.expm1(log) - log); // Rounding must not make it negative.
    counts.movedAbsolute += Math.abs(moved[t]!);
    counts.movedLargest = Math.max(counts.movedLargest, Math.abs(moved[t]!));
  }
  if (sequenceMoved !== undefined) for (let t = 0; t < n; t++) gradient[t]! += sequenceSlope / n;
  return { value, gradient, ...counts };
}

/** The policy term of one token and its slope by the log-probability in the ratio. */
interface Gain {
  readonly value: number;
  readonly slope: number;
  /** Which bound was used in place of the ratio. */
  readonly clipped?: 'low' | 'high' | 'dual';
}

function surrogate(moved: number, A: number, logp: number, options: ObjectiveOptions): Gain {
  const log = limit(moved);
  const ratio = Math.exp(log);
  const low = 1 - options.clipLow;
  const high = 1 + options.clipHigh;
  if (options.surrogate === 'cispo') {
    const factor = Math.min(Math.max(ratio, low), high) * A;
    // Every ratio out of range is limited, but counted are those that PPO would clip, so that the counts of the two can be compared.
    const clipped = A < 0 && ratio < low ? 'low' : A > 0 && ratio > high ? 'high' : undefined;
    return { value: factor * logp, slope: factor, ...(clipped && { clipped }) };
  }
  if (A > 0 && ratio > high) return { value: high * A, slope: 0, clipped: 'high' };
  if (A < 0 && ratio < low) return { value: low * A, slope: 0, clipped: 'low' };
  if (A < 0 && options.dualClip !== undefined && ratio > options.dualClip)
    return { value: options.dualClip * A, slope: 0, clipped: 'dual' };
  return { value: ratio * A, slope: log === moved ? ratio * A : 0 };
}

/** The estimate and its derivative by logp, where behind = reference - logp. */
function klOf(behind: number, estimator: KlEstimator): { value: number; slope: number } {
  const d = limit(behind);
  const inside = d === behind ? 1 : 0;
  if (estimator === 'k1') return { value: -d, slope: inside };
  if (estimator === 'k2') return { value: (d * d) / 2, slope: -d * inside };
  return { value: Math.expm1(d) - d, slope: -Math.expm1(d) * inside };
}

function limit(log: number): number {
  return Math.min(Math.max(log, -logRatioBound), logRatioBound);
}

function perToken(source: number | ArrayLike<number> | undefined, length: number, name: string): (token: number) => number {
  if (typeof source === 'number') return () => source;
  if (source?.length !== length) {
    throw new GrpoError('bad-options', `the datum has ${length} completion tokens, but ${name} has ${source?.length ?? 'no'} values`);
  }
  return (token) => source[token]!;
}
