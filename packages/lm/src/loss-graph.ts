import * as tf from '@tensorflow/tfjs';
import type { Loss } from '@memtrain/policy';
import type { LanguageModelConfiguration } from './configuration.ts';
import { outputHead, runSequences, type ParameterTensors } from './transformer.ts';

/** Log-probabilities [N] of the wanted tokens, each predicted from the hidden state at its place in [B * T]. */
export function targetLogprobs(
  configuration: LanguageModelConfiguration,
  parameters: ParameterTensors,
  input: { ids: tf.Tensor; places: tf.Tensor; wanted: tf.Tensor },
  temperature: number,
): tf.Tensor {
  const { hidden } = runSequences(configuration, parameters, input.ids);
  const logits = outputHead(configuration, parameters, tf.gather(hidden, input.places)); // [N, V]
  const logprobs = tf.logSoftmax(temperature === 1 ? logits : tf.div(logits, temperature));
  const chosen = tf.cast(tf.oneHot(input.wanted as tf.Tensor1D, configuration.vocabularySize), 'float32');
  return tf.sum(tf.mul(logprobs, chosen), -1);
}

/** The loss of `Loss` as a scalar; every argument is [N]. */
export function lossOfLogprobs(
  loss: Loss,
  logprobs: tf.Tensor,
  target: { old: tf.Tensor; advantage: tf.Tensor; reference: tf.Tensor; weight: tf.Tensor },
): tf.Scalar {
  if (loss.kind === 'crossEntropy') return tf.neg(tf.sum(tf.mul(target.weight, logprobs)));
  const ratio = tf.exp(tf.sub(logprobs, target.old));
  const clipped = tf.clipByValue(ratio, 1 - loss.clipLow, 1 + loss.clipHigh);
  let gain: tf.Tensor = tf.minimum(tf.mul(ratio, target.advantage), tf.mul(clipped, target.advantage));
  if (loss.kl > 0) {
    const behind = tf.sub(target.reference, logprobs);
    const k3 = tf.sub(tf.sub(tf.exp(behind), behind), 1);
    gain = tf.sub(gain, tf.mul(k3, loss.kl));
  }
  return tf.neg(tf.sum(tf.mul(target.weight, gain)));
}
