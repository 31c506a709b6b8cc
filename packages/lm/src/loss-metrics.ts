import { logRatioBound, type KlEstimator, type Loss, type LossMetrics, type PolicyGradientLoss } from '@memtrain/policy';

type Totals = { -readonly [Key in keyof LossMetrics]: LossMetrics[Key] };

/** One completion token, as the loss sees it. */
export interface LossToken {
  readonly logprob: number;
  readonly old: number;
  readonly advantage: number;
  readonly reference: number;
  readonly weight: number;
  readonly entropy: number;
}

/** Metrics of no tokens. */
export function emptyMetrics(loss: Loss): Totals {
  const plain = { loss: 0, tokens: 0, clipped: 0, movedKl: 0, entropy: 0 };
  if (loss.kind === 'crossEntropy') return plain;
  return { ...plain, clippedLow: 0, clippedHigh: 0, movedAbsolute: 0, movedLargest: 0, ...(loss.kl > 0 && { referenceKl: 0 }) };
}

/** Adds one token to the metrics. */
export function addToken(metrics: Totals, loss: Loss, token: LossToken): void {
  const { logprob, old, advantage, reference, weight, entropy } = token;
  metrics.tokens++;
  metrics.entropy! += entropy;
  if (loss.kind === 'crossEntropy') {
    metrics.loss -= weight * logprob;
    return;
  }
  const moved = logprob - old;
  const log = limited(moved);
  const ratio = Math.exp(log);
  metrics.movedKl += ratio - 1 - log;
  metrics.movedAbsolute! += Math.abs(moved);
  metrics.movedLargest = Math.max(metrics.movedLargest!, Math.abs(moved));
  if (advantage > 0 && ratio > 1 + loss.clipHigh) metrics.clippedHigh!++;
  if (advantage < 0 && ratio < 1 - loss.clipLow) metrics.clippedLow!++;
  const isDualClipped = loss.surrogate !== 'cispo' && advantage < 0 && loss.dualClip !== undefined && ratio > loss.dualClip;
  if (isDualClipped || (advantage > 0 && ratio > 1 + loss.clipHigh) || (advantage < 0 && ratio < 1 - loss.clipLow)) metrics.clipped++;
  let gain = surrogate(loss, ratio, { advantage, logprob });
  if (loss.kl > 0) {
    const kl = klEstimate(loss.klEstimator ?? 'k3', limited(reference - logprob));
    metrics.referenceKl! += kl;
    gain -= loss.kl * kl;
  }
  metrics.loss -= weight * gain;
}

function surrogate(loss: PolicyGradientLoss, ratio: number, { advantage, logprob }: { advantage: number; logprob: number }): number {
  const clipped = Math.min(1 + loss.clipHigh, Math.max(1 - loss.clipLow, ratio));
  if (loss.surrogate === 'cispo') return clipped * advantage * logprob;
  const pessimistic = Math.min(ratio * advantage, clipped * advantage);
  return loss.dualClip !== undefined && advantage < 0 ? Math.max(pessimistic, loss.dualClip * advantage) : pessimistic;
}

function limited(log: number): number {
  return Math.min(Math.max(log, -logRatioBound), logRatioBound);
}

/** Estimate of the KL to the reference from one token; d = reference - logprob. */
function klEstimate(estimator: KlEstimator, d: number): number {
  if (estimator === 'k1') return -d;
  return estimator === 'k2' ? (d * d) / 2 : Math.exp(d) - d - 1;
}
