import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { compile, type CompiledFunction, type CompileOptions } from '@memtrain/tfjs-jit';
import {
  encodePrompt,
  type AdamOptions,
  type Completion,
  type Conversation,
  type Datum,
  type Failure,
  type Indexed,
  type Learner,
  type Loss,
  type LossMetrics,
  type Model,
  type Request,
  type SamplingOptions,
  type StepMetrics,
  type Tokenizer,
} from '@memtrain/policy';
import { compileAdamW, runAdamW, type AdamState } from './adamw.ts';
import { CompiledCache } from './compiled-cache.ts';
import { configurationFromJson, configurationToJson, validateConfiguration, type LanguageModelConfiguration } from './configuration.ts';
import { LanguageModelError } from './errors.ts';
import { generate, parameterInputs, type GenerationRow } from './generate.ts';
import { lossOfLogprobs, targetLogprobs } from './loss-graph.ts';
import { initialParameters, parameterCount, parameterSpecs, parameterViews, type ParameterSpec } from './parameters.ts';
import { readSafetensors, writeSafetensors, type NamedTensor } from './safetensors.ts';
import { cutTrainingBatches, targetValues, type TrainingBatch } from './training-batch.ts';

export interface LanguageModelOptions {
  readonly tokenizer: Tokenizer;
  /** Threads of one operation; ONNX Runtime's own choice when absent. */
  readonly threads?: number;
  /** Most padded input tokens computed at once in training. Default 16,384. */
  readonly trainingTokens?: number;
  /** Most rows decoded at once. Default 256. */
  readonly generationRows?: number;
}

export interface CreateLanguageModelOptions extends LanguageModelOptions {
  readonly configuration: LanguageModelConfiguration;
  readonly seed: number;
}

/** A randomly initialised model; the same seed gives the same weights. */
export function createLanguageModel(options: CreateLanguageModelOptions): LanguageModel {
  const configuration = validateConfiguration(options.configuration);
  if (options.tokenizer.vocabularySize > configuration.vocabularySize) {
    throw new LanguageModelError(
      'bad-configuration',
      `the tokenizer has ${options.tokenizer.vocabularySize} tokens, but vocabularySize is ${configuration.vocabularySize}: raise it`,
    );
  }
  return new LanguageModel(configuration, initialParameters(configuration, options.seed), options);
}

/** Loads a Hugging Face folder (`config.json`, `model.safetensors`), and the optimizer's state when `save` left it there. */
export async function loadLanguageModel(folder: string, options: LanguageModelOptions): Promise<LanguageModel> {
  const configuration = await readConfiguration(folder);
  const model = new LanguageModel(configuration, new Float32Array(parameterCount(parameterSpecs(configuration))), options);
  await model.load(folder);
  return model;
}

/** A local decoder-only transformer that can be sampled from and trained. Holds compiled sessions: call `dispose` when done. */
export class LanguageModel implements Learner {
  readonly configuration: LanguageModelConfiguration;
  readonly tokenizer: Tokenizer;
  readonly #options: LanguageModelOptions;
  readonly #specs: readonly ParameterSpec[];
  readonly #compiled = new CompiledCache();
  #state: AdamState;
  /** Receives the next state of an optimizer step, then changes places with `#state`. */
  #spare: AdamState;
  readonly #gradient: Float32Array<ArrayBuffer>;
  #step = 0;

  constructor(configuration: LanguageModelConfiguration, parameters: Float32Array<ArrayBuffer>, options: LanguageModelOptions) {
    this.configuration = configuration;
    this.tokenizer = options.tokenizer;
    this.#options = options;
    this.#specs = parameterSpecs(configuration);
    const size = parameters.length;
    this.#state = { parameters, first: new Float32Array(size), second: new Float32Array(size) };
    this.#spare = { parameters: new Float32Array(size), first: new Float32Array(size), second: new Float32Array(size) };
    this.#gradient = new Float32Array(size);
  }

  /** Number of trainable floats. */
  get parameterCount(): number {
    return this.#gradient.length;
  }

  /** The current weights by Hugging Face name; views, valid until the next optimizer step. */
  parameters(): Map<string, NamedTensor> {
    return this.#named(this.#state.parameters);
  }

  /** The gradient accumulated since the last optimizer step, by name; views. */
  gradients(): Map<string, NamedTensor> {
    return this.#named(this.#gradient);
  }

  async forward(batch: readonly Conversation[], options: { readonly temperature?: number } = {}): Promise<Float32Array[]> {
    const { temperature = 1 } = options;
    const results = batch.map((conversation) => new Float32Array(conversation.completion.length));
    for (const cut of this.#cut(batch)) {
      const compiled = await this.#compiled.get(`forward ${shapeKey(cut)} ${temperature}`, () => this.#compileForward(cut, temperature));
      const [logprobs] = (await compiled.run([...this.#views(), cut.ids, cut.places, cut.wanted])) as [Float32Array];
      for (const span of cut.spans) results[span.conversation]!.set(logprobs.subarray(span.start, span.start + span.length));
    }
    return results;
  }

  async forwardBackward(batch: readonly Datum[], loss: Loss): Promise<LossMetrics> {
    const policy = loss.kind === 'policyGradient' ? loss : undefined;
    const metrics = { loss: 0, tokens: 0, clipped: 0, movedKl: 0 };
    for (const cut of this.#cut(batch)) {
      const values = targetValues(cut, batch, { needsOld: policy !== undefined, needsReference: (policy?.kl ?? 0) > 0 });
      const compiled = await this.#compiled.get(`train ${shapeKey(cut)} ${JSON.stringify(loss)}`, () => this.#compileBackward(cut, loss));
      const feeds = [...this.#views(), cut.ids, cut.places, cut.wanted, values.old, values.advantage, values.reference, values.weight];
      const [value, logprobs, ...gradients] = (await compiled.run(feeds)) as [Float32Array, Float32Array, ...Float32Array[]];
      if (!Number.isFinite(value[0]!)) {
        throw new LanguageModelError(
          'not-finite',
          `the loss is ${value[0]} on a batch of ${cut.spans.length} conversations: lower the learning rate or check the data`,
        );
      }
      for (const [i, gradient] of gradients.entries()) {
        const { offset } = this.#specs[i]!;
        for (let j = 0; j < gradient.length; j++) this.#gradient[offset + j]! += gradient[j]!;
      }
      metrics.loss += value[0]!;
      for (const span of cut.spans) {
        metrics.tokens += span.length;
        if (!policy) continue;
        for (let i = span.start; i < span.start + span.length; i++) {
          const log = logprobs[i]! - values.old[i]!;
          const ratio = Math.exp(log);
          metrics.movedKl += ratio - 1 - log;
          const advantage = values.advantage[i]!;
          if ((advantage > 0 && ratio > 1 + policy.clipHigh) || (advantage < 0 && ratio < 1 - policy.clipLow)) metrics.clipped++;
        }
      }
    }
    return metrics;
  }

  async optimStep(adam: AdamOptions): Promise<StepMetrics> {
    let squares = 0;
    for (const value of this.#gradient) squares += value * value;
    const gradientNorm = Math.sqrt(squares);
    if (!Number.isFinite(gradientNorm)) {
      throw new LanguageModelError('not-finite', `the gradient's norm is ${gradientNorm}: the weights were left as they are`);
    }
    const compiled = await this.#compiled.get('adamw', () => compileAdamW(this.parameterCount, this.#compileOptions()));
    await runAdamW(compiled, this.#state, this.#spare, this.#gradient, { ...adam, step: this.#step + 1, gradientNorm });
    [this.#state, this.#spare] = [this.#spare, this.#state];
    this.#gradient.fill(0);
    this.#step++;
    return { gradientNorm, step: this.#step };
  }

  async model(): Promise<Model> {
    return { tokenizer: this.tokenizer, complete: (requests, options) => this.#complete(requests, options) };
  }

  /** Writes a Hugging Face folder plus `optimizer.safetensors`; the folder appears whole or not at all. */
  async save(path: string): Promise<string> {
    const building = `${path}.tmp`;
    await rm(building, { recursive: true, force: true });
    await mkdir(building, { recursive: true });
    await writeSafetensors(join(building, 'model.safetensors'), this.parameters());
    const flat = (data: Float32Array): NamedTensor => ({ shape: [data.length], data });
    const moments = new Map([
      ['first', flat(this.#state.first)],
      ['second', flat(this.#state.second)],
    ]);
    await writeSafetensors(join(building, 'optimizer.safetensors'), moments, { step: String(this.#step) });
    const file = await open(join(building, 'config.json'), 'w');
    await file.writeFile(`${JSON.stringify(configurationToJson(this.configuration), null, 2)}\n`);
    await file.sync();
    await file.close();
    await rename(building, path);
    return path;
  }

  async load(path: string): Promise<void> {
    const configuration = await readConfiguration(path);
    for (const [name, value] of Object.entries(configuration)) {
      const own = this.configuration[name as keyof LanguageModelConfiguration];
      if (value !== own && name !== 'initializerRange') {
        throw new LanguageModelError('bad-checkpoint', `${path}: ${name} is ${value} there, but ${own} in this model`);
      }
    }
    const file = join(path, 'model.safetensors');
    const { tensors } = await readSafetensors(file);
    const loaded = new Float32Array(this.parameterCount);
    for (const { name, shape, offset } of this.#specs) {
      const tensor = tensors.get(name);
      if (!tensor) throw new LanguageModelError('missing-tensor', `${file}: tensor ${name} is missing`);
      if (tensor.shape.join() !== shape.join()) {
        throw new LanguageModelError(
          'wrong-shape',
          `${file}: tensor ${name} has shape [${tensor.shape.join()}], but the configuration asks for [${shape.join()}]`,
        );
      }
      loaded.set(tensor.data, offset);
    }
    const moments = await readMoments(join(path, 'optimizer.safetensors'), this.parameterCount);
    this.#state.parameters.set(loaded);
    this.#state.first.set(moments.first);
    this.#state.second.set(moments.second);
    this.#step = moments.step;
    this.#gradient.fill(0);
  }

  /** Frees the compiled sessions. */
  async dispose(): Promise<void> {
    await this.#compiled.dispose();
  }

  #named(flat: Float32Array<ArrayBuffer>): Map<string, NamedTensor> {
    return new Map(this.#specs.map(({ name, shape, offset, size }) => [name, { shape, data: flat.subarray(offset, offset + size) }]));
  }

  #views(): Float32Array[] {
    return parameterViews(this.#state.parameters, this.#specs);
  }

  #cut(conversations: readonly Conversation[]): TrainingBatch[] {
    return cutTrainingBatches(conversations, this.#options.trainingTokens ?? 16_384, this.configuration.maxPositions);
  }

  #compileForward(cut: TrainingBatch, temperature: number): Promise<CompiledFunction> {
    return compile(
      (...inputs) => {
        const [ids, places, wanted] = inputs.slice(this.#specs.length) as [tf.Tensor, tf.Tensor, tf.Tensor];
        return [targetLogprobs(this.configuration, this.#byName(inputs), { ids, places, wanted }, temperature)];
      },
      [...parameterInputs(this.#specs), ...batchInputs(cut)],
      this.#compileOptions(),
    );
  }

  #compileBackward(cut: TrainingBatch, loss: Loss): Promise<CompiledFunction> {
    const count = this.#specs.length;
    const temperature = loss.kind === 'policyGradient' ? (loss.temperature ?? 1) : 1;
    const values = { shape: [cut.targets], dtype: 'float32' } as const;
    return compile(
      (...inputs) => {
        const [ids, places, wanted, old, advantage, reference, weight] = inputs.slice(count) as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ];
        let logprobs: tf.Tensor | undefined;
        const { value, grads } = tf.valueAndGrads((...parameters: tf.Tensor[]) => {
          logprobs = tf.keep(targetLogprobs(this.configuration, this.#byName(parameters), { ids, places, wanted }, temperature));
          return lossOfLogprobs(loss, logprobs, { old, advantage, reference, weight });
        })(inputs.slice(0, count));
        return [value, logprobs!, ...grads];
      },
      [...parameterInputs(this.#specs), ...batchInputs(cut), values, values, values, values],
      this.#compileOptions(),
    );
  }

  #byName(tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> {
    return Object.fromEntries(this.#specs.map((spec, i) => [spec.name, tensors[i]!]));
  }

  #compileOptions(): CompileOptions {
    return this.#options.threads === undefined ? {} : { threads: this.#options.threads };
  }

  async *#complete(requests: readonly Request[], options: SamplingOptions): AsyncIterable<Indexed<Completion | Failure>> {
    const { temperature = 1, maxTokens, signal } = options;
    const rows: (GenerationRow & { index: number })[] = [];
    for (const [index, request] of requests.entries()) {
      try {
        const prompt = encodePrompt(request.prompt, this.tokenizer);
        const budget = request.maxTokens ?? maxTokens;
        if (prompt.length === 0 || prompt.length + budget > this.configuration.maxPositions) {
          throw new LanguageModelError(
            'prompt-too-long',
            `request ${index}: ${prompt.length} prompt + ${budget} completion tokens do not fit the model's ${this.configuration.maxPositions} positions`,
          );
        }
        rows.push({ prompt, seed: request.seed, maxTokens: budget, index });
      } catch (error) {
        yield { index, error: error as Error };
      }
    }
    rows.sort((a, b) => a.prompt.length - b.prompt.length || a.index - b.index);
    const most = this.#options.generationRows ?? 256;
    for (let from = 0, to = 0; from < rows.length; from = to) {
      signal?.throwIfAborted();
      // Attention scores grow with the square of the prompt: long prompts are computed few at a time.
      to = from + 1;
      while (to < rows.length && to - from < most && (to - from + 1) * rows[to]!.prompt.length ** 2 <= MOST_PROMPT_SCORES) to++;
      const batch = rows.slice(from, to);
      const conversations = await generate(
        {
          configuration: this.configuration,
          specs: this.#specs,
          parameters: this.#views(),
          compiled: this.#compiled,
          endIds: this.tokenizer.endIds,
          compileOptions: this.#compileOptions(),
        },
        batch,
        temperature,
      );
      for (const [place, conversation] of conversations.entries()) {
        yield {
          index: batch[place]!.index,
          text: this.tokenizer.decode(conversation.completion),
          finish: conversation.finish,
          conversation,
        };
      }
    }
  }
}

/** Most attention scores of one head when prompts are read: rows times length squared. */
const MOST_PROMPT_SCORES = 2 ** 24;

function shapeKey(cut: TrainingBatch): string {
  return `${cut.rows} ${cut.length} ${cut.targets}`;
}

function batchInputs(cut: TrainingBatch): { shape: number[]; dtype: 'int32' }[] {
  return [
    { shape: [cut.rows, cut.length], dtype: 'int32' },
    { shape: [cut.targets], dtype: 'int32' },
    { shape: [cut.targets], dtype: 'int32' },
  ];
}

async function readConfiguration(folder: string): Promise<LanguageModelConfiguration> {
  const file = join(folder, 'config.json');
  try {
    return configurationFromJson(JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>, file);
  } catch (cause) {
    if (LanguageModelError.isInstance(cause)) throw cause;
    throw new LanguageModelError(
      'bad-checkpoint',
      `${file}: ${(cause as Error).message}; a model folder holds config.json and model.safetensors`,
      { cause },
    );
  }
}

async function readMoments(file: string, size: number): Promise<{ first: Float32Array; second: Float32Array; step: number }> {
  let read;
  try {
    read = await readSafetensors(file);
  } catch (error) {
    // A plain model folder has no optimizer state: training starts with fresh moments.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { first: new Float32Array(size), second: new Float32Array(size), step: 0 };
    throw error;
  }
  const first = read.tensors.get('first');
  const second = read.tensors.get('second');
  const step = Number(read.metadata['step']);
  if (first?.data.length !== size || second?.data.length !== size || !Number.isInteger(step)) {
    throw new LanguageModelError('bad-checkpoint', `${file}: does not hold the moments of ${size} parameters`);
  }
  return { first: first.data, second: second.data, step };
}
