import * as tf from '@tensorflow/tfjs';
import type { ParameterTensors } from './transformer.ts';

/** Name under which the scale of the low-rank adapters stands among the parameters. */
export const ADAPTER_SCALE = 'adapter.scale';

/**
 * The projection `name` (e.g. `model.layers.0.self_attn.q_proj`) of `x` [N, in] -> [N, out]: its weight, its bias if it has one, and its
 * low-rank adapter if it has one (LoRA: scale * x A^T B^T).
 */
export function linear(parameters: ParameterTensors, name: string, x: tf.Tensor): tf.Tensor {
  let y: tf.Tensor = tf.matMul(x, parameters[`${name}.weight`]!, false, true);
  const bias = parameters[`${name}.bias`];
  if (bias) y = tf.add(y, bias);
  const down = parameters[`${name}.lora_A.weight`];
  if (!down) return y;
  const low = tf.mul(tf.matMul(x, down, false, true), parameters[ADAPTER_SCALE]!);
  return tf.add(y, tf.matMul(low, parameters[`${name}.lora_B.weight`]!, false, true));
}
