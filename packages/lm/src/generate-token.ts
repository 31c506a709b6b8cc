import * as tf from '@tensorflow/tfjs';
import { onnxOperator } from '@memtrain/tfjs-jit';
import { cachedAttention, type CachedAttentionOptions, type LayerCaches } from './cached-attention.ts';
import type { LanguageModelConfiguration } from './configuration.ts';
import { rmsNorm } from './fused-norm.ts';
import { rotate } from './fused-rotary.ts';
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

  /** A parameter that stands alone. */
  get(name: string): tf.Tensor | undefined {
    return this.#found.get(name)?.tensor;
  }

  /** Projections of the rows of `x` [R, in], or of its columns when `turned` [in, R]: each [out, R]. */
  project(names: readonly string[], x: tf.Tensor, turned = false): tf.Tensor[] {
    const { weight, tensor } = this.#found.get(`${names[0]!}.weight`)!;
    const products =
      weight.names.length === names.length && names.length > 1
        ? tf.split(weightTimes(tensor, x, turned), [...weight.rows])
        : names.map((name) => weightTimes(this.get(`${name}.weight`)!, x, turned));
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

/** One step of every row: logits [R, V], and the new keys and values [R, keyValueHeads * headSize] per layer. */
export function runToken(
  configuration: LanguageModelConfiguration,
  weights: TokenWeights,
  input: TokenInput,
): { logits: tf.Tensor; keys: tf.Tensor[]; values: tf.Tensor[] } {
  const { layers, heads, keyValueHeads, headSize, normEpsilon } = configuration;
  const { cosines, sines } = input;
  const scale = headSize ** -0.5;
  const [queryCosines, querySines] = [tf.mul(cosines, scale), tf.mul(sines, scale)];
  const norm = (x: tf.Tensor, name: string): tf.Tensor => rmsNorm(x, weights.get(`${name}.weight`)!, normEpsilon);
  /** Qwen3 normalises queries and keys per head. */
  const normHeads = (x: tf.Tensor, name: string): tf.Tensor =>
    weights.get(`${name}.weight`) ? tf.reshape(norm(tf.reshape(x, [x.size / headSize, headSize]), name), x.shape) : x;
  const keys: tf.Tensor[] = [];
  const values: tf.Tensor[] = [];
  let x = tf.gather(weights.get(EMBEDDING)!, input.ids);
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}.`;
    const attention = `${at}self_attn.`;
    const projections = ['q_proj', 'k_proj', 'v_proj'].map((name) => attention + name);
    const [q, k, value] = weights.project(projections, norm(x, `${at}input_layernorm`)).map((y) => tf.transpose(y)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const queries = rotate(normHeads(q, `${attention}q_norm`), heads, queryCosines, querySines);
    const key = rotate(normHeads(k, `${attention}k_norm`), keyValueHeads, cosines, sines);
    const mixed = cachedAttention(configuration, { queries, keys: key, values: value }, { ...input, caches: input.caches[layer]! });
    x = tf.add(x, tf.transpose(weights.project([`${attention}o_proj`], mixed)[0]!));
    const [gate, up] = weights.project([`${at}mlp.gate_proj`, `${at}mlp.up_proj`], norm(x, `${at}post_attention_layernorm`));
    x = tf.add(x, tf.transpose(weights.project([`${at}mlp.down_proj`], swiglu(gate!, up!), true)[0]!));
    keys.push(key);
    values.push(value);
  }
  const logits = weightTimes(weights.get(headName(configuration))!, norm(x, 'model.norm'), false);
  return { logits: tf.transpose(logits), keys, values };
}
