import * as tf from '@tensorflow/tfjs';
import type { Loss } from '@memtrain/policy';
import { withGradient, type TensorFunction, type TensorSpec } from '@memtrain/tfjs-jit';
import type { LanguageModelConfiguration } from './configuration.ts';
import { lossHead } from './loss-head.ts';
import { lossSlope } from './loss-graph.ts';
import type { TrainingBatch, TargetValues } from './training-batch.ts';
import { embed, EMBEDDING, finalNorm, headName, runSequences, sequencePlan, type ParameterTensors } from './transformer.ts';

/** Names and shapes of a model's parameters, the trainable ones first. */
export interface ParameterSplit {
  readonly specs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** How many of them are trained. */
  readonly trainable: number;
}

/** Outputs of a training graph, in order. */
export interface TrainingOutputs {
  /** Trainable parameters whose gradients are outputs: all but an embedding that is only looked up. */
  readonly gradients: readonly string[];
  /** Whether [N, D] to be added to rows `wanted` of the head's gradient is an output. */
  readonly wantedRows: boolean;
  /** Whether [B * T, D] to be added to rows `ids` of the embedding's gradient is an output. */
  readonly embeddedRows: boolean;
}

/** What a graph for these parameters returns, after log-probabilities [N] and entropies [N]. */
export function trainingOutputs(configuration: LanguageModelConfiguration, split: ParameterSplit): TrainingOutputs {
  const names = split.specs.slice(0, split.trainable).map(({ name }) => name);
  const head = headName(configuration);
  return {
    gradients: names.filter((name) => name !== EMBEDDING || head === EMBEDDING),
    wantedRows: names.includes(head),
    embeddedRows: names.includes(EMBEDDING),
  };
}

/** Log-probabilities of a batch's targets, as a function of the parameters and `batchFeeds`. */
export function scoringGraph(
  configuration: LanguageModelConfiguration,
  split: ParameterSplit,
  { layout: { rows, branches }, temperature }: { readonly layout: BatchLayout; readonly temperature: number },
): TensorFunction {
  return (...inputs) => {
    const parameters = named(split, inputs);
    const [ids, ends, cosines, sines, places, wanted] = inputs.slice(split.specs.length) as Tensors6;
    const plan = sequencePlan(configuration, { rows, cosines, sines, ends, branches });
    const { hidden } = runSequences(configuration, parameters, { embedded: embed(parameters, ids), plan, places });
    return [lossHead(finalNorm(configuration, parameters, hidden), parameters[headName(configuration)]!, { wanted, temperature }).logprobs];
  };
}

type Tensors6 = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];

/** What of a batch's layout is no input. */
export type BatchLayout = Pick<TrainingBatch, 'rows' | 'branches'>;

export interface TrainingGraphOptions {
  readonly layout: BatchLayout;
  readonly loss: Loss;
  /** Whether layers are computed again for their gradients instead of kept. */
  readonly recompute: boolean;
}

/**
 * Log-probabilities, entropies and `trainingOutputs`, as a function of the parameters, `batchFeeds` and `targetFeeds`. The
 * gradient of the embedding is returned as rows, to be added where the ids say: that is far quicker than scattering inside the graph.
 */
export function trainingGraph(
  configuration: LanguageModelConfiguration,
  split: ParameterSplit,
  options: TrainingGraphOptions,
): TensorFunction {
  const {
    layout: { rows, branches },
    loss,
    recompute,
  } = options;
  const head = headName(configuration);
  const outputs = trainingOutputs(configuration, split);
  const { temperature = 1 } = loss;
  return (...inputs) => {
    const parameters = named(split, inputs);
    const [ids, ends, cosines, sines, places, wanted, old, advantage, reference, weight] = inputs.slice(split.specs.length) as [
      ...Tensors6,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const plan = sequencePlan(configuration, { rows, cosines, sines, ends, branches });
    const slope = (logprobs: tf.Tensor, start: number, count: number): tf.Tensor => {
      const part = (x: tf.Tensor): tf.Tensor => tf.slice(x, [start], [count]);
      return lossSlope(loss, logprobs, { old: part(old), advantage: part(advantage), reference: part(reference), weight: part(weight) });
    };
    const inner = split.specs.slice(0, split.trainable).filter(({ name }) => name !== EMBEDDING && name !== head);
    const kept: tf.Tensor[] = [];
    const value = (embedded: tf.Tensor, ...trained: tf.Tensor[]): tf.Tensor => {
      const current = { ...parameters, ...Object.fromEntries(inner.map(({ name }, i) => [name, trained[i]!])) };
      const { hidden } = runSequences(configuration, current, { embedded, plan, places, recompute });
      return withGradient(
        [finalNorm(configuration, current, hidden)],
        (normed) => {
          const made = lossHead(normed!, parameters[head]!, { wanted, temperature, slope, trainsWeight: outputs.wantedRows });
          const more = made.weightGradient ? [made.weightGradient, made.wantedGradient!] : [];
          kept.push(...[made.logprobs, made.entropy!, ...more].map((tensor) => tf.keep(tensor)));
          return { value: tf.sum(made.logprobs), saved: [made.hiddenGradient!] };
        },
        // The loss is the end of the graph: what comes back is the number 1.
        (_, [hiddenGradient]) => [hiddenGradient!],
      );
    };
    const trained = inner.map(({ name }) => parameters[name]!);
    const [embeddedGradient, ...gradients] = tf.grads(value)([embed(parameters, ids), ...trained]) as [tf.Tensor, ...tf.Tensor[]];
    const [logprobs, entropy, headGradient, wantedGradient] = kept.map(released) as [tf.Tensor, tf.Tensor, tf.Tensor?, tf.Tensor?];
    const byName: Record<string, tf.Tensor | undefined> = Object.fromEntries(inner.map(({ name }, i) => [name, gradients[i]!]));
    byName[head] = headGradient;
    return [
      logprobs,
      entropy,
      ...outputs.gradients.map((name) => byName[name]!),
      ...(outputs.wantedRows ? [wantedGradient!] : []),
      ...(outputs.embeddedRows ? [embeddedGradient] : []),
    ];
  };
}

/** Feeds of a batch; `angles` are the cosines and sines of its positions. */
export function batchFeeds(
  batch: TrainingBatch,
  angles: { readonly cos: Float32Array; readonly sin: Float32Array },
): (Int32Array | Float32Array)[] {
  return [batch.ids, batch.ends, angles.cos, angles.sin, batch.places, batch.wanted];
}

export function batchSpecs(configuration: LanguageModelConfiguration, { rows, length, ids, targets }: TrainingBatch): TensorSpec[] {
  const half: TensorSpec = { shape: [ids.length, configuration.headSize / 2], dtype: 'float32' };
  return [
    { shape: [ids.length], dtype: 'int32' },
    { shape: [rows, length], dtype: 'int32' },
    half,
    half,
    { shape: [targets], dtype: 'int32' },
    { shape: [targets], dtype: 'int32' },
  ];
}

export function targetFeeds(values: TargetValues): Float32Array[] {
  return [values.old, values.advantage, values.reference, values.weight];
}

export function targetSpecs({ targets }: TrainingBatch): TensorSpec[] {
  const values: TensorSpec = { shape: [targets], dtype: 'float32' };
  return [values, values, values, values];
}

function named({ specs }: ParameterSplit, inputs: readonly tf.Tensor[]): ParameterTensors {
  return Object.fromEntries(specs.map(({ name }, i) => [name, inputs[i]!]));
}

/** A kept tensor, handed back to the scope that is open now. */
function released(tensor: tf.Tensor): tf.Tensor {
  const free = tf.clone(tensor);
  tensor.dispose();
  return free;
}
