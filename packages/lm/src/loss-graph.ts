import * as tf from '@tensorflow/tfjs';
import { logRatioBound, type KlEstimator, type Loss } from '@memtrain/policy';

/** Per-target values that a loss is made of; every one is [N]. */
export interface LossTarget {
  readonly old: tf.Tensor;
  readonly advantage: tf.Tensor;
  readonly reference: tf.Tensor;
  readonly weight: tf.Tensor;
}

/** Derivative of the loss by each log-probability [N], in closed form: what `tokenLoss` computes in numbers, differentiated. */
export function lossSlope(loss: Loss, logprobs: tf.Tensor, target: LossTarget): tf.Tensor {
  if (loss.kind === 'crossEntropy') return tf.neg(target.weight);
  const { advantage, reference, old, weight } = target;
  const low = 1 - loss.clipLow;
  const high = 1 + loss.clipHigh;
  const moved = tf.sub(logprobs, old);
  const ratio = tf.exp(limited(moved));
  let slope: tf.Tensor;
  if (loss.surrogate === 'cispo') slope = tf.mul(tf.clipByValue(ratio, low, high), advantage);
  else {
    // Above the upper bound with a good advantage, and below the lower one with a bad advantage, nothing more is to be gained.
    const ends = tf.logicalOr(
      tf.logicalAnd(tf.greater(advantage, 0), tf.greater(ratio, high)),
      tf.logicalAnd(tf.less(advantage, 0), dualClipped(loss.dualClip, ratio, low)),
    );
    const constant = tf.logicalOr(ends, beyond(moved));
    slope = tf.where(constant, tf.zerosLike(ratio), tf.mul(ratio, advantage));
  }
  if (loss.kl > 0) slope = tf.sub(slope, tf.mul(klSlope(loss.klEstimator ?? 'k3', tf.sub(reference, logprobs)), loss.kl));
  return tf.neg(tf.mul(weight, slope));
}

function dualClipped(dualClip: number | undefined, ratio: tf.Tensor, low: number): tf.Tensor {
  const below = tf.less(ratio, low);
  return dualClip === undefined ? below : tf.logicalOr(below, tf.greater(ratio, dualClip));
}

/** Derivative of the KL estimator by the log-probability; d = reference - logprob. */
function klSlope(estimator: KlEstimator, d: tf.Tensor): tf.Tensor {
  const inside = estimator === 'k1' ? tf.onesLike(d) : estimator === 'k2' ? tf.neg(d) : tf.sub(1, tf.exp(limited(d)));
  return tf.where(beyond(d), tf.zerosLike(d), inside);
}

/** Log ratios as the loss knows them: beyond the bound they are constants. */
function limited(log: tf.Tensor): tf.Tensor {
  return tf.clipByValue(log, -logRatioBound, logRatioBound);
}

function beyond(log: tf.Tensor): tf.Tensor {
  return tf.greater(tf.abs(log), logRatioBound);
}
