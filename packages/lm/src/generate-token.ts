import * as tf from '@tensorflow/tfjs';
import { onnxOperator } from '@memtrain/tfjs-jit';
import { cachedAttention, type CachedAttentionOptions, type LayerCaches } from './cached-attention.ts';
import type { LanguageModelConfiguration } from './configuration.ts';
import { rmsNorm } from './fused-norm.ts';
import { turnHeads } from './fused-rotary.ts';
import { swiglu } from './fused-swiglu.ts';
import type { DecodingWeight } from './generate-weights.ts';
import { ADAPTER_SCALE } from './linear.ts';
import { EMBEDDING, headName } from './transformer.ts';

/** Parameters of a decoding step by name; those that stand together are found by the name of each, see `decodingWeights`. */
export class TokenWeights {
  readonly #found = new Map<string, { readonly weight: DecodingWeight; readonly tensor: tf.Tensor }>();

  constructor(weights: readonly DecodingWeight[], tensors: readonly tf.Tensor[]) {
    for (const [i, weight] of weights.entries()) for (const name of weight.names) this.#found.set(name, { weight, tensor: tensors[i]! });
  }

  /** The input that a parameter is in: itself, unless it stands together with others. */
  get(name: string): tf.Tensor | undefined {
    return this.#found.get(name)?.tensor;
  }

  /** Projections of the rows of `x` [R, in], or of its columns when `turned` [in, R]: each [out, R]. */
  project(names: readonly string[], x: tf.Tensor, turned = false): tf.Tensor[] {
    const products: tf.Tensor[] = [];
    while (products.length < names.length) {
      const { weight, tensor } = this.#found.get(`${names[products.length]!}.weight`)!;
      const product = weightTimes(tensor, x, turned);
      products.push(...(weight.names.length > 1 ? tf.split(product, [...weight.rows]) : [product]));
    }
    return names.map((name, i) => this.#adapted(name, { product: products[i]!, x, turned }));
  }

  #adapted(
    name: string,
    { product, x, turned }: { readonly product: tf.Tensor; readonly x: tf.Tensor; readonly turned: boolean },
  ): tf.Tensor {
    const bias = this.get(`${name}.bias`);
    const y = bias ? tf.add(product, tf.reshape(bias, [-1, 1])) : product;
    const down = this.get(`${name}.lora_A.weight`);
    if (!down) return y;
    const low = tf.mul(weightTimes(down, x, turned), this.get(ADAPTER_SCALE)!);
    return tf.add(y, weightTimes(this.get(`${name}.lora_B.weight`)!, low, true));
  }
}

/**
 * A weight [out, in] times the rows [R, in] or, when `turned`, the columns [in, R] of `x`: [out, R]. ONNX Runtime copies the right matrix of a
 * product into blocks each time: for few rows that would take as long as the product itself, were it the weight. The operator is named because
 * its optimizer would turn a Gemm whose result is transposed around.
 */
function weightTimes(weight: tf.Tensor, x: tf.Tensor, turned: boolean): tf.Tensor {
  const [product] = onnxOperator('FusedMatMul', [weight, x], {
    domain: 'com.microsoft',
    attributes: { transB: { int: turned ? 0 : 1 } },
    outputs: [{ shape: [weight.shape[0]!, x.shape[turned ? 1 : 0]!], dtype: 'float32' }],
    otherwise: () => [tf.matMul(weight as tf.Tensor2D, x as tf.Tensor2D, false, !turned)],
  });
  return product!;
}

/** One new token of every row, R = places * lanes. */
export interface TokenInput extends Omit<CachedAttentionOptions, 'caches'> {
  /** [R] */
  readonly ids: tf.Tensor;
  /** [R, headSize / 2] of each row's position. */
  readonly cosines: tf.Tensor;
  readonly sines: tf.Tensor;
  /** One a layer. */
  readonly caches: readonly LayerCaches[];
}

/** One step of every row: logits [R, V], and the new keys and values [places * keyValueHeads * lanes, 1, headSize] per layer. */
export function runToken(
  configuration: LanguageModelConfiguration,
  weights: TokenWeights,
  input: TokenInput,
): { logits: tf.Tensor; keys: tf.Tensor[]; values: tf.Tensor[] } {
  const { layers, keyValueHeads, headSize, normEpsilon } = configuration;
  const { places, lanes, cosines, sines } = input;
  const scale = headSize ** -0.5;
  const queryAngles = [tf.mul(cosines, scale), tf.mul(sines, scale)] as const;
  const norm = (x: tf.Tensor, name: string): tf.Tensor => rmsNorm(x, weights.get(`${name}.weight`)!, normEpsilon);
  const rows = places * lanes;
  const rowOf = tf.tensor2d(
    Array.from({ length: rows * keyValueHeads }, (_, head) => Math.floor(head / keyValueHeads)),
    [rows * keyValueHeads, 1],
    'int32',
  );
  /** Columns [KV * n * S, R] as heads [R * KV, n, S]. */
  const split = (columns: tf.Tensor): tf.Tensor => tf.reshape(tf.transpose(columns), [rows * keyValueHeads, -1, headSize]);
  /** Heads of the lanes of a place stand together: [R * KV, n, S] to [places * KV * lanes, n, S]. */
  const byPlace = (x: tf.Tensor): tf.Tensor =>
    tf.reshape(tf.transpose(tf.reshape(x, [places, lanes, keyValueHeads, -1]), [0, 2, 1, 3]), x.shape);
  /** Heads normalised, as Qwen3 does, and turned to their row's position. */
  const turned = (columns: tf.Tensor, name: string, [cos, sin]: readonly [tf.Tensor, tf.Tensor]): tf.Tensor => {
    const weight = weights.get(`${name}.weight`);
    const heads = split(columns);
    const normed = tf.reshape(weight ? rmsNorm(heads, weight, normEpsilon) : heads, [rows * keyValueHeads, 1, -1]);
    return byPlace(tf.reshape(turnHeads(normed, heads.shape[1]!, { cosines: cos, sines: sin, places: rowOf }), heads.shape));
  };
  const keys: tf.Tensor[] = [];
  const values: tf.Tensor[] = [];
  let x = tf.gather(weights.get(EMBEDDING)!, input.ids);
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}.`;
    const attention = `${at}self_attn.`;
    const projections = ['q_proj', 'k_proj', 'v_proj'].map((name) => attention + name);
    const [q, k, v] = weights.project(projections, norm(x, `${at}input_layernorm`)) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const query = turned(q, `${attention}q_norm`, queryAngles);
    const key = turned(k, `${attention}k_norm`, [cosines, sines]);
    const value = byPlace(split(v));
    const mixed = cachedAttention({ query, key, value }, { ...input, caches: input.caches[layer]! });
    x = tf.add(x, tf.transpose(weights.project([`${attention}o_proj`], mixed)[0]!));
    const [gate, up] = weights.project([`${at}mlp.gate_proj`, `${at}mlp.up_proj`], norm(x, `${at}post_attention_layernorm`));
    x = tf.add(x, tf.transpose(weights.project([`${at}mlp.down_proj`], swiglu(gate!, up!), true)[0]!));
    keys.push(key);
    values.push(value);
  }
  const logits = weightTimes(weights.get(headName(configuration))!, norm(x, 'model.norm'), false);
  return { logits: tf.transpose(logits), keys, values };
}
