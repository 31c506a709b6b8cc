import * as tf from '@tensorflow/tfjs';
import type { LanguageModelConfiguration } from './configuration.ts';

/** Parameters by Hugging Face name. */
export type ParameterTensors = Readonly<Record<string, tf.Tensor>>;

/** Cosines and sines of the rotary angles, row-major [positions, headSize / 2]. */
export function rotaryTable(
  configuration: LanguageModelConfiguration,
  positions: ArrayLike<number>,
): { cos: Float32Array; sin: Float32Array } {
  const half = configuration.headSize / 2;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  for (let row = 0; row < positions.length; row++) {
    for (let i = 0; i < half; i++) {
      const angle = positions[row]! * configuration.ropeTheta ** (-i / half);
      cos[row * half + i] = Math.cos(angle);
      sin[row * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** RMSNorm over the last axis. */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon))), weight);
}

/** Rotates the two halves of the last axis; cos and sin broadcast to [..., headSize / 2]. */
function rotate(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [left, right] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.concat([tf.sub(tf.mul(left, cos), tf.mul(right, sin)), tf.add(tf.mul(right, cos), tf.mul(left, sin))], -1);
}

/** SwiGLU feed-forward of `x` [N, D]. */
function feedForward(parameters: ParameterTensors, at: string, x: tf.Tensor): tf.Tensor {
  const gate = tf.matMul(x, parameters[`${at}mlp.gate_proj.weight`]!, false, true);
  const up = tf.matMul(x, parameters[`${at}mlp.up_proj.weight`]!, false, true);
  return tf.matMul(tf.mul(tf.mul(gate, tf.sigmoid(gate)), up), parameters[`${at}mlp.down_proj.weight`]!, false, true);
}

/** Queries, keys and values of `x` [N, D], normalised per head: [N, heads, headSize] each, before rotation. */
function project(
  configuration: LanguageModelConfiguration,
  parameters: ParameterTensors,
  at: string,
  x: tf.Tensor,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const { heads, keyValueHeads, headSize, normEpsilon } = configuration;
  const rows = x.shape[0]!;
  const head = (name: string, count: number): tf.Tensor =>
    tf.reshape(tf.matMul(x, parameters[`${at}self_attn.${name}_proj.weight`]!, false, true), [rows, count, headSize]);
  return [
    rmsNorm(head('q', heads), parameters[`${at}self_attn.q_norm.weight`]!, normEpsilon),
    rmsNorm(head('k', keyValueHeads), parameters[`${at}self_attn.k_norm.weight`]!, normEpsilon),
    head('v', keyValueHeads),
  ];
}

/** Final norm and output head: [N, D] -> logits [N, V]. */
export function outputHead(configuration: LanguageModelConfiguration, parameters: ParameterTensors, hidden: tf.Tensor): tf.Tensor {
  const head = configuration.tiedEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  return tf.matMul(rmsNorm(hidden, parameters['model.norm.weight']!, configuration.normEpsilon), parameters[head]!, false, true);
}

/**
 * Runs whole sequences under a causal mask.
 * ids [B, T] int32 -> hidden states [B * T, D] before the final norm, and each layer's rotated keys and values [B * KV, T, headSize].
 * Padding stands at the end of a row, where causal attention keeps it from touching anything real.
 */
export function runSequences(
  configuration: LanguageModelConfiguration,
  parameters: ParameterTensors,
  ids: tf.Tensor,
): { hidden: tf.Tensor; keys: tf.Tensor[]; values: tf.Tensor[] } {
  const { heads, keyValueHeads, headSize, layers, normEpsilon } = configuration;
  const [B, T] = ids.shape as [number, number];
  const shared = heads / keyValueHeads;
  const { cos, sin } = rotaryTable(
    configuration,
    Array.from({ length: T }, (_, position) => position),
  );
  const cosines = tf.tensor(cos, [1, 1, T, headSize / 2]);
  const sines = tf.tensor(sin, [1, 1, T, headSize / 2]);
  const causal = tf.tensor(
    Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e9 : 0)),
    [1, 1, T, T],
  );
  // [B * T, n, S] -> [B, n, T, S]
  const byHead = (x: tf.Tensor, n: number): tf.Tensor => tf.transpose(tf.reshape(x, [B, T, n, headSize]), [0, 2, 1, 3]);
  let x: tf.Tensor = tf.gather(parameters['model.embed_tokens.weight']!, tf.reshape(ids, [B * T]));
  const keys: tf.Tensor[] = [];
  const values: tf.Tensor[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}.`;
    const [q, k, v] = project(configuration, parameters, at, rmsNorm(x, parameters[`${at}input_layernorm.weight`]!, normEpsilon));
    const queries = tf.reshape(tf.mul(rotate(byHead(q, heads), cosines, sines), headSize ** -0.5), [
      B * keyValueHeads,
      shared * T,
      headSize,
    ]);
    const key = tf.reshape(rotate(byHead(k, keyValueHeads), cosines, sines), [B * keyValueHeads, T, headSize]);
    const value = tf.reshape(byHead(v, keyValueHeads), [B * keyValueHeads, T, headSize]);
    const scores = tf.reshape(tf.matMul(queries, key, false, true), [B * keyValueHeads, shared, T, T]);
    const attention = tf.reshape(tf.softmax(tf.add(scores, causal)), [B * keyValueHeads, shared * T, T]);
    const mixed = tf.transpose(tf.reshape(tf.matMul(attention, value), [B, heads, T, headSize]), [0, 2, 1, 3]);
    x = tf.add(x, tf.matMul(tf.reshape(mixed, [B * T, heads * headSize]), parameters[`${at}self_attn.o_proj.weight`]!, false, true));
    x = tf.add(x, feedForward(parameters, at, rmsNorm(x, parameters[`${at}post_attention_layernorm.weight`]!, normEpsilon)));
    keys.push(key);
    values.push(value);
  }
  return { hidden: x, keys, values };
}

/**
 * Runs one new token of each row against cached keys and values.
 * ids [B]; cosines, sines [B, 1, headSize / 2] at each row's position; bias [B, 1, S]: 0 for filled cache slots, -1e9 for others;
 * caches [B * KV, S, headSize] per layer. Returns logits [B, V] and the new keys and values [B * KV, 1, headSize] per layer.
 */
export function runToken(
  configuration: LanguageModelConfiguration,
  parameters: ParameterTensors,
  input: {
    ids: tf.Tensor;
    cosines: tf.Tensor;
    sines: tf.Tensor;
    bias: tf.Tensor;
    keyCaches: readonly tf.Tensor[];
    valueCaches: readonly tf.Tensor[];
  },
): { logits: tf.Tensor; keys: tf.Tensor[]; values: tf.Tensor[] } {
  const { heads, keyValueHeads: KV, headSize, layers, normEpsilon } = configuration;
  const B = input.ids.shape[0]!;
  const shared = heads / KV;
  const slots = input.bias.shape[2]!;
  let x: tf.Tensor = tf.gather(parameters['model.embed_tokens.weight']!, input.ids);
  const keys: tf.Tensor[] = [];
  const values: tf.Tensor[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}.`;
    const [q, k, v] = project(configuration, parameters, at, rmsNorm(x, parameters[`${at}input_layernorm.weight`]!, normEpsilon));
    const queries = tf.reshape(tf.mul(rotate(q, input.cosines, input.sines), headSize ** -0.5), [B * KV, shared, headSize]);
    const key = tf.reshape(rotate(k, input.cosines, input.sines), [B * KV, 1, headSize]);
    const value = tf.reshape(v, [B * KV, 1, headSize]);
    const past = tf.add(tf.reshape(tf.matMul(queries, input.keyCaches[layer]!, false, true), [B, KV * shared, slots]), input.bias);
    const own = tf.matMul(queries, key, false, true); // [B * KV, shared, 1]
    const attention = tf.softmax(tf.concat([tf.reshape(past, [B * KV, shared, slots]), own], 2));
    const [onPast, onOwn] = tf.split(attention, [slots, 1], 2) as [tf.Tensor, tf.Tensor];
    const mixed = tf.add(tf.matMul(onPast, input.valueCaches[layer]!), tf.mul(onOwn, value));
    x = tf.add(x, tf.matMul(tf.reshape(mixed, [B, heads * headSize]), parameters[`${at}self_attn.o_proj.weight`]!, false, true));
    x = tf.add(x, feedForward(parameters, at, rmsNorm(x, parameters[`${at}post_attention_layernorm.weight`]!, normEpsilon)));
    keys.push(key);
    values.push(value);
  }
  return { logits: outputHead(configuration, parameters, x), keys, values };
}
