import * as tf from '@tensorflow/tfjs';
import type { LanguageModelConfiguration } from './configuration.ts';
import { withGradient } from '@memtrain/tfjs-jit';
import { branchedAttention, branchesOf, type Branches, type BranchShape } from './branch-attention.ts';
import { attentionBlocks, causalAttention, type AttentionBlock, type AttentionShape } from './causal-attention.ts';
import { rmsNorm } from './fused-norm.ts';
import { rotate } from './fused-rotary.ts';
import { swiglu } from './fused-swiglu.ts';
import { linear } from './linear.ts';
import { rotaryTable } from './rotary.ts';
import { takeRows } from './take-rows.ts';

/** Name of the embedding matrix. */
export const EMBEDDING = 'model.embed_tokens.weight';

/** Parameters by Hugging Face name. */
export type ParameterTensors = Readonly<Record<string, tf.Tensor>>;

/** SwiGLU feed-forward of `x` [N, D]. */
function feedForward(parameters: ParameterTensors, at: string, x: tf.Tensor): tf.Tensor {
  const gate = linear(parameters, `${at}mlp.gate_proj`, x);
  const up = linear(parameters, `${at}mlp.up_proj`, x);
  return linear(parameters, `${at}mlp.down_proj`, swiglu(gate, up));
}

/** Where tokens stand: cosines and sines [N, headSize / 2] of their positions; those for queries carry the scale of attention scores. */
interface Angles {
  readonly cosines: tf.Tensor;
  readonly sines: tf.Tensor;
  readonly queryCosines: tf.Tensor;
  readonly querySines: tf.Tensor;
}

function anglesOf({ headSize }: LanguageModelConfiguration, cosines: tf.Tensor, sines: tf.Tensor): Angles {
  const scale = headSize ** -0.5;
  return { cosines, sines, queryCosines: tf.mul(cosines, scale), querySines: tf.mul(sines, scale) };
}

/**
 * Queries [N, heads * headSize] (rotated and scaled), keys (rotated) and values [N, keyValueHeads * headSize] of `x` [N, D]. Qwen3 normalises
 * queries and keys per head.
 */
function project(
  configuration: LanguageModelConfiguration,
  parameters: ParameterTensors,
  at: string,
  { x, angles }: { readonly x: tf.Tensor; readonly angles: Angles },
): { queries: tf.Tensor; keys: tf.Tensor; values: tf.Tensor } {
  const { heads, keyValueHeads, headSize, normEpsilon } = configuration;
  const rows = x.shape[0]!;
  const normed = (name: string, count: number): tf.Tensor => {
    const projected = linear(parameters, `${at}self_attn.${name}_proj`, x);
    const weight = parameters[`${at}self_attn.${name}_norm.weight`];
    if (!weight) return projected;
    return tf.reshape(rmsNorm(tf.reshape(projected, [rows * count, headSize]), weight, normEpsilon), [rows, count * headSize]);
  };
  return {
    queries: rotate(normed('q', heads), heads, angles.queryCosines, angles.querySines),
    keys: rotate(normed('k', keyValueHeads), keyValueHeads, angles.cosines, angles.sines),
    values: linear(parameters, `${at}self_attn.v_proj`, x),
  };
}

/** Name of the output head's weight. */
export function headName(configuration: LanguageModelConfiguration): string {
  return configuration.tiedEmbeddings ? EMBEDDING : 'lm_head.weight';
}

/** Final norm and output head: [N, D] -> logits [N, V]. */
export function outputHead(configuration: LanguageModelConfiguration, parameters: ParameterTensors, hidden: tf.Tensor): tf.Tensor {
  return tf.matMul(finalNorm(configuration, parameters, hidden), parameters[headName(configuration)]!, false, true);
}

export function finalNorm(configuration: LanguageModelConfiguration, parameters: ParameterTensors, hidden: tf.Tensor): tf.Tensor {
  return rmsNorm(hidden, parameters['model.norm.weight']!, configuration.normEpsilon);
}

/** How rows of tokens are laid out, N = rows * length and the branches' tokens. Made by `sequencePlan`; what it holds has no gradient. */
export interface SequencePlan {
  readonly shape: AttentionShape;
  readonly angles: Angles;
  readonly blocks: readonly AttentionBlock[];
  readonly branches: Branches | undefined;
}

export interface SequencePlanOptions {
  readonly rows: number;
  /** [N, headSize / 2] of each token's position. */
  readonly cosines: tf.Tensor;
  readonly sines: tf.Tensor;
  /** [rows, length] int32: see `attentionBlocks`. Without it each row is one sequence. */
  readonly ends?: tf.Tensor;
  /** What follows each row, see `branchedAttention`; it needs `ends`. */
  readonly branches?: BranchShape | undefined;
  /** Queries of an attention block, see `attentionBlocks`. */
  readonly blockSize?: number;
}

/** To be made outside of the function whose gradient is taken, so that its tensors outlive the forward pass. */
export function sequencePlan(configuration: LanguageModelConfiguration, options: SequencePlanOptions): SequencePlan {
  const { rows, cosines, sines, ends, branches, blockSize } = options;
  const { heads, keyValueHeads, headSize } = configuration;
  const length = ends?.shape[1] ?? cosines.shape[0]! / rows;
  return {
    shape: { rows, length, heads, keyValueHeads, headSize },
    angles: anglesOf(configuration, cosines, sines),
    blocks: attentionBlocks(length, ends, blockSize),
    branches: branches && ends && branchesOf(branches, ends),
  };
}

/** The plan of rows that are one sequence each, from position 0. */
export function plainPlan(configuration: LanguageModelConfiguration, rows: number, length: number): SequencePlan {
  const { cos, sin } = rotaryTable(
    configuration,
    Array.from({ length: rows * length }, (_, i) => i % length),
  );
  const shape: [number, number] = [rows * length, configuration.headSize / 2];
  return sequencePlan(configuration, { rows, cosines: tf.tensor2d(cos, shape), sines: tf.tensor2d(sin, shape) });
}

export interface RunSequencesOptions {
  /** [N, D] rows of the embedding. */
  readonly embedded: tf.Tensor;
  readonly plan: SequencePlan;
  /** Different tokens, in [0, N), whose hidden states are wanted: only these go through the end of the last layer. Default: all. */
  readonly places?: tf.Tensor;
  /** Whether each layer keeps only what it was given, and computes the rest again for its gradient. */
  readonly recompute?: boolean;
}

/** Hidden states before the final norm, of all tokens [N, D] or of `places`; each layer's rotated keys and values [N, keyValueHeads * headSize]. */
export interface SequenceOutput {
  readonly hidden: tf.Tensor;
  readonly keys: readonly tf.Tensor[];
  readonly values: readonly tf.Tensor[];
}

/** Runs whole rows under a causal mask; what stands at the end of a row touches nothing before it. */
export function runSequences(
  configuration: LanguageModelConfiguration,
  parameters: ParameterTensors,
  { embedded, plan, places, recompute = false }: RunSequencesOptions,
): SequenceOutput {
  const { layers, normEpsilon } = configuration;
  const { shape, angles, blocks, branches } = plan;
  const keys: tf.Tensor[] = [];
  const values: tf.Tensor[] = [];
  const last = `model.layers.${layers - 1}.`;
  const wanted = (x: tf.Tensor, at: string): tf.Tensor => (places && at === last ? takeRows(x, places) : x);
  const layer = (at: string, weights: ParameterTensors, before: tf.Tensor): tf.Tensor => {
    const projected = project(configuration, weights, at, {
      x: rmsNorm(before, weights[`${at}input_layernorm.weight`]!, normEpsilon),
      angles,
    });
    keys.push(projected.keys);
    values.push(projected.values);
    const attended = branches ? branchedAttention(shape, blocks, branches, projected) : causalAttention(shape, blocks, projected);
    const mixed = wanted(attended, at);
    const x = tf.add(wanted(before, at), linear(weights, `${at}self_attn.o_proj`, mixed));
    return tf.add(x, feedForward(weights, at, rmsNorm(x, weights[`${at}post_attention_layernorm.weight`]!, normEpsilon)));
  };
  let hidden = embedded;
  for (let index = 0; index < layers; index++) {
    const at = `model.layers.${index}.`;
    hidden = recompute ? recomputed(parameters, at, layer, hidden) : layer(at, parameters, hidden);
  }
  return { hidden, keys, values };
}

/** The rows of the embedding of `ids`, in their order: [N, D]. */
export function embed(parameters: ParameterTensors, ids: tf.Tensor): tf.Tensor {
  return tf.gather(parameters[EMBEDDING]!, tf.reshape(ids, [ids.size]));
}

/**
 * A layer that keeps its input and parameters only. What it computes again is made to depend on the gradient that came back: from the same values
 * ONNX Runtime would merge it with the first time, or run it long before it is needed; either would undo the saving.
 */
function recomputed(
  parameters: ParameterTensors,
  at: string,
  layer: (at: string, weights: ParameterTensors, before: tf.Tensor) => tf.Tensor,
  before: tf.Tensor,
): tf.Tensor {
  const names = Object.keys(parameters).filter((name) => name.startsWith(at));
  const run = (x: tf.Tensor, ...weights: tf.Tensor[]): tf.Tensor =>
    layer(at, { ...parameters, ...Object.fromEntries(names.map((name, i) => [name, weights[i]!])) }, x);
  return withGradient(
    [before, ...names.map((name) => parameters[name]!)],
    (...inputs) => ({ value: run(...(inputs as [tf.Tensor])), saved: inputs }),
    (dy, [x, ...weights]) => {
      // tfjs forgets the tape of the gradient that is being taken when one is taken inside it.
      const { state } = tf.engine();
      const tape = state.activeTape;
      try {
        const one = tf.add(tf.mul(tf.slice(dy, [0, 0], [1, 1]), 0), 1);
        return tf.grads((...inputs) => run(...(inputs as [tf.Tensor])))([tf.mul(x!, one), ...weights], dy);
      } finally {
        state.activeTape = tape;
      }
    },
  );
}
