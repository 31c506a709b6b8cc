import type { AdamOptions, Datum, Loss, LossMetrics, StepMetrics } from '@memtrain/policy';
import type { CompileOptions, TensorSpec } from '@memtrain/tfjs-jit';
import { adamWStep, globalNorm, type AdamState } from './adamw.ts';
import type { CompiledCache } from './compiled-cache.ts';
import type { LanguageModelConfiguration } from './configuration.ts';
import { LanguageModelError } from './errors.ts';
import type { CompiledFunction } from './executor.ts';
import { addToken, emptyMetrics } from './loss-metrics.ts';
import { parameterCount, parameterViews, type ParameterSpec } from './parameters.ts';
import { attentionCost } from './plan-rows.ts';
import { rotaryTable } from './rotary.ts';
import { cutTrainingBatches, targetValues, type TargetValues, type TrainingBatch } from './training-batch.ts';
import {
  batchFeeds,
  batchSpecs,
  scoringGraph,
  targetFeeds,
  targetSpecs,
  trainingGraph,
  trainingOutputs,
  type ParameterSplit,
} from './training-graph.ts';
import type { Scored } from './training-tree.ts';
import { EMBEDDING, headName } from './transformer.ts';

/** A parameter that is read and never changed. */
export interface FrozenParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TrainingStepOptions {
  readonly configuration: LanguageModelConfiguration;
  /** What is trained; `offset` is the place in the flat vectors. */
  readonly trainable: readonly ParameterSpec[];
  /** Initial values of the trainable parameters, flat. Kept and changed by optimizer steps. */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** What the model reads besides: with adapters, the whole base model. Default: nothing. */
  readonly frozen?: readonly FrozenParameter[];
  readonly compiled: CompiledCache;
  /** Most padded input tokens computed at once. Default 2,048: more only fall out of the processor's cache. */
  readonly trainingTokens?: number;
  /** Whether layers are computed again for their gradients instead of kept. Default: when they would fill more than 1 GiB. */
  readonly recompute?: boolean;
}

/** Scores and trains a model whose parameters are split into trainable and frozen ones. Holds the gradient and the optimizer's state. */
export class TrainingStep {
  readonly trainable: readonly ParameterSpec[];
  readonly frozen: readonly FrozenParameter[];
  /** The gradient accumulated since the last optimizer step, flat. */
  readonly gradient: Float32Array<ArrayBuffer>;
  /** The trainable parameters and their moments, flat. */
  readonly state: AdamState;
  /** Number of optimizer steps taken. */
  step = 0;
  readonly #options: TrainingStepOptions;
  /** Whether the gradient is all zero. */
  #clear = true;

  constructor(options: TrainingStepOptions) {
    this.#options = options;
    this.trainable = options.trainable;
    this.frozen = options.frozen ?? [];
    const size = parameterCount(options.trainable);
    this.state = { parameters: options.parameters, first: new Float32Array(size), second: new Float32Array(size) };
    this.gradient = new Float32Array(size);
  }

  /** All parameters, the trainable first: names and shapes, in the order of `values`. */
  get specs(): ParameterSplit['specs'] {
    return [...this.trainable, ...this.frozen];
  }

  /** Current values of all parameters in the order of `specs`; views. */
  values(): Float32Array[] {
    return [...parameterViews(this.state.parameters, this.trainable), ...this.frozen.map(({ data }) => data)];
  }

  /** Log-probabilities of the completion tokens at `temperature` (default 1). */
  async forward(
    batch: readonly Scored[],
    options: { readonly temperature?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Float32Array[]> {
    const { temperature = 1, signal } = options;
    const { configuration } = this.#options;
    const results = batch.map((conversation) => new Float32Array(conversation.completion.length));
    for (const cut of this.#cut(batch)) {
      signal?.throwIfAborted();
      const compiled = await this.#compile(`forward ${shapeKey(cut)} ${temperature}`, batchSpecs(configuration, cut), (split) =>
        scoringGraph(configuration, split, { layout: cut, temperature }),
      );
      const [logprobs] = (await compiled.run([...this.values(), ...batchFeeds(cut, rotaryTable(configuration, cut.positions))])) as [
        Float32Array,
      ];
      for (const span of cut.spans) results[span.conversation]!.set(logprobs.subarray(span.start, span.start + span.length));
    }
    return results;
  }

  /** Adds the loss's gradient to the accumulated one. */
  async forwardBackward(batch: readonly Datum[], loss: Loss): Promise<LossMetrics> {
    const metrics = emptyMetrics(loss);
    const policy = loss.kind === 'policyGradient' ? loss : undefined;
    const needs = { needsOld: policy !== undefined, needsReference: (policy?.kl ?? 0) > 0 };
    const cuts = this.#cut(batch).map((cut) => ({ cut, values: targetValues(cut, batch, needs) }));
    for (const { cut, values } of cuts) {
      const { logprobs, entropy, add } = await this.#backward(cut, values, loss);
      const before = metrics.loss;
      for (const span of cut.spans) {
        for (let i = span.start; i < span.start + span.length; i++) {
          const { old, advantage, reference, weight } = values;
          addToken(metrics, loss, {
            logprob: logprobs[i]!,
            entropy: entropy[i]!,
            old: old[i]!,
            advantage: advantage[i]!,
            reference: reference[i]!,
            weight: weight[i]!,
          });
        }
      }
      if (!Number.isFinite(metrics.loss)) {
        if (this.#clear) this.gradient.fill(0);
        throw new LanguageModelError(
          'not-finite',
          `the loss is ${metrics.loss - before} on a batch of ${cut.spans.length} conversations: lower the learning rate or check the data`,
        );
      }
      add();
      this.#clear = false;
    }
    return metrics;
  }

  /** One AdamW step with the accumulated gradient, which is then zero. */
  async optimStep(adam: AdamOptions): Promise<StepMetrics> {
    const gradientNorm = globalNorm(this.gradient);
    if (!Number.isFinite(gradientNorm)) {
      throw new LanguageModelError('not-finite', `the gradient's norm is ${gradientNorm}: the weights were left as they are`);
    }
    adamWStep(this.state, this.gradient, { ...adam, step: this.step + 1, gradientNorm });
    this.#clearGradient();
    this.step++;
    return { gradientNorm, step: this.step };
  }

  /** Puts parameters and moments back to a saved state; the accumulated gradient is then zero. */
  restore(state: { readonly [Key in keyof AdamState]: Float32Array }, step: number): void {
    this.state.parameters.set(state.parameters);
    this.state.first.set(state.first);
    this.state.second.set(state.second);
    this.step = step;
    this.#clearGradient();
  }

  #clearGradient(): void {
    this.gradient.fill(0);
    this.#clear = true;
  }

  /** Runs one batch. While the gradient is zero it is written into in place; `add` adds what was not. */
  async #backward(
    cut: TrainingBatch,
    values: TargetValues,
    loss: Loss,
  ): Promise<{ logprobs: Float32Array; entropy: Float32Array; add: () => void }> {
    const { configuration, recompute = layersFill(configuration, cut) > 2 ** 30 } = this.#options;
    const outputs = trainingOutputs(configuration, { specs: this.specs, trainable: this.trainable.length });
    const compiled = await this.#compile(
      `train ${shapeKey(cut)} ${recompute} ${JSON.stringify(loss)}`,
      [...batchSpecs(configuration, cut), ...targetSpecs(cut)],
      (split) => trainingGraph(configuration, split, { layout: cut, loss, recompute }),
      // Where memory is short, what a step used is given back before the optimizer's state needs it.
      { keepMemory: !recompute },
    );
    const feeds = [...this.values(), ...batchFeeds(cut, rotaryTable(configuration, cut.positions)), ...targetFeeds(values)];
    const targets = outputs.gradients.map((name) => this.#view(name));
    const direct = this.#clear;
    const [logprobs, entropy, ...rest] = (await compiled.run(feeds, direct ? [undefined, undefined, ...targets] : [])) as [
      Float32Array,
      Float32Array,
      ...Float32Array[],
    ];
    const add = (): void => {
      if (!direct) for (const [i, target] of targets.entries()) addInto(target, rest[i]!);
      const rows = rest.slice(targets.length);
      if (outputs.wantedRows) addRows(this.#view(headName(configuration)), cut.wanted, rows.shift()!);
      if (outputs.embeddedRows) addRows(this.#view(EMBEDDING), cut.ids, rows.shift()!);
    };
    return { logprobs, entropy, add };
  }

  #view(name: string): Float32Array {
    const { offset, size } = this.trainable.find((spec) => spec.name === name)!;
    return this.gradient.subarray(offset, offset + size);
  }

  #cut(conversations: readonly Scored[]): TrainingBatch[] {
    const { trainingTokens = 2048, configuration } = this.#options;
    return cutTrainingBatches(conversations, {
      tokenBudget: trainingTokens,
      maxPositions: configuration.maxPositions,
      pairCost: attentionCost(configuration),
      branched: true,
    });
  }

  #compile(
    signature: string,
    inputs: readonly TensorSpec[],
    graph: (split: ParameterSplit) => ReturnType<typeof scoringGraph>,
    more: CompileOptions = {},
  ): Promise<CompiledFunction> {
    const { specs, frozen } = this;
    const split = { specs, trainable: this.trainable.length };
    const parameters = specs.map(({ shape }): TensorSpec => ({ shape, dtype: 'float32' }));
    // The counts tell steps that share a cache apart: with and without adapters.
    return this.#options.compiled.get(`${signature} ${split.trainable}/${frozen.length}`, graph(split), [...parameters, ...inputs], more);
  }
}

function shapeKey({ rows, length, branches, targets }: TrainingBatch): string {
  return `${rows} ${length} ${branches ? `${branches.count}x${branches.length} ` : ''}${targets}`;
}

/** About how many bytes a batch's layers keep for their gradients. */
function layersFill(configuration: LanguageModelConfiguration, { rows, length, branches, ids }: TrainingBatch): number {
  const { layers, hiddenSize, heads, headSize, intermediateSize } = configuration;
  const branched = branches ? branches.count * branches.length * (length + branches.length) : 0;
  const scores = heads * rows * (0.6 * length * length + branched);
  return 4 * layers * (ids.length * (6 * hiddenSize + 5 * heads * headSize + 4 * intermediateSize) + scores);
}

/** Four at a time: a loop of single additions takes twice as long. */
function addInto(target: Float32Array, values: Float32Array): void {
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    target[i]! += values[i]!;
    target[i + 1]! += values[i + 1]!;
    target[i + 2]! += values[i + 2]!;
    target[i + 3]! += values[i + 3]!;
  }
  for (let i = whole; i < values.length; i++) target[i]! += values[i]!;
}

/** Adds row i of `rows` to row `indices[i]` of a matrix. */
function addRows(matrix: Float32Array, indices: Int32Array, rows: Float32Array): void {
  const width = rows.length / indices.length;
  for (const [i, index] of indices.entries()) {
    const to = index * width;
    const from = i * width;
    for (let j = 0; j < width; j++) matrix[to + j]! += rows[from + j]!;
  }
}
