import { writeFolderDurably } from '@memtrain/durable-files';
import type { AdamOptions, Conversation, Datum, Learner, Loss, LossMetrics, Model, StepMetrics, Tokenizer } from '@memtrain/policy';
import { CompiledCache } from './compiled-cache.ts';
import { configurationDifference, type LanguageModelConfiguration } from './configuration.ts';
import { LanguageModelError } from './errors.ts';
import type { Executor } from './executor.ts';
import { completeRequests } from './generate-completions.ts';
import type { GenerationContext } from './generate.ts';
import { ADAPTER_SCALE } from './linear.ts';
import { adapterSpecs, mergeAdapter, settingsDifference, type LoraSettings } from './lora.ts';
import { readAdapter, readAdapterSettings, writeAdapter } from './lora-files.ts';
import { readModelConfiguration, readModelWeights, type ModelOrigin } from './model-folder.ts';
import { freshOptimizer, readOptimizer, writeOptimizer, type OptimizerState } from './optimizer-file.ts';
import { parameterSpecs, parameterViews, type ParameterSpec } from './parameters.ts';
import type { NamedTensor } from './safetensors.ts';
import { writeModel, type ExportModelOptions, type SaveWeightsOptions } from './save-model.ts';
import { TrainingStep, type FrozenParameter } from './training-step.ts';

/** Models of fewer weights run on one thread. */
const SEVERAL_THREADS_FROM = 1_000_000;

export interface LanguageModelOptions {
  /** What runs the model. Default: ONNX Runtime. */
  readonly executor?: Executor;
  /**
   * Threads of one operation. Default: ONNX Runtime's own choice, the physical cores; but one for models of fewer than a million weights, whose
   * operations are over before a second thread has taken its share.
   */
  readonly threads?: number;
  /** Most padded input tokens computed at once in training. Default 2,048. */
  readonly trainingTokens?: number;
  /** Most rows decoded at once. Default 64. */
  readonly generationRows?: number;
}

/** What a `LanguageModel` is made of; `createLanguageModel` and `loadLanguageModel` put it together. */
export interface LanguageModelParts extends LanguageModelOptions {
  readonly configuration: LanguageModelConfiguration;
  readonly tokenizer: Tokenizer;
  /** All weights in one vector, in the order of the configuration's parameters. Kept, and changed by optimizer steps unless adapters are trained. */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** Low-rank adapters, which are then what is trained. */
  readonly adapter?: { readonly settings: LoraSettings; readonly parameters: Float32Array<ArrayBuffer> };
  /** Default: a fresh one, whose memory is not touched before the first step. */
  readonly optimizer?: OptimizerState | undefined;
  /** Where the weights were loaded from. */
  readonly origin?: ModelOrigin;
}

/** A local decoder-only transformer that can be sampled from and trained. Holds compiled sessions: call `dispose` when done. */
export class LanguageModel implements Learner {
  readonly configuration: LanguageModelConfiguration;
  readonly tokenizer: Tokenizer;
  /** Settings of the low-rank adapters; undefined when all weights are trained. */
  readonly lora: LoraSettings | undefined;
  /** All but the optimizer's state, which `#training` has copied. */
  readonly #parts: Omit<LanguageModelParts, 'optimizer'>;
  readonly #compiled: CompiledCache;
  readonly #training: TrainingStep;

  constructor({ optimizer, ...parts }: LanguageModelParts) {
    const { configuration, tokenizer, executor, adapter } = parts;
    const threads = parts.threads ?? (parts.parameters.length < SEVERAL_THREADS_FROM ? 1 : undefined);
    this.configuration = configuration;
    this.tokenizer = tokenizer;
    this.lora = adapter?.settings;
    this.#parts = parts;
    this.#compiled = new CompiledCache({ compileOptions: threads === undefined ? {} : { threads }, ...(executor && { executor }) });
    this.#training = adapter
      ? this.#trainingStep(adapterSpecs(configuration, adapter.settings), adapter.parameters, [
          ...this.#baseWeights(),
          { name: ADAPTER_SCALE, shape: [], data: Float32Array.of(adapter.settings.alpha / adapter.settings.rank) },
        ])
      : this.#trainingStep(parameterSpecs(configuration), parts.parameters);
    if (optimizer) this.#training.restore({ ...optimizer, parameters: this.#training.state.parameters }, optimizer.step);
  }

  /** Number of trainable floats. */
  get parameterCount(): number {
    return this.#training.gradient.length;
  }

  /** Number of floats that are read and never trained: with adapters, the model's own weights. */
  get frozenCount(): number {
    return this.lora ? this.#parts.parameters.length : 0;
  }

  /** The trained weights, or adapters, by name; views, valid until the next optimizer step. */
  parameters(): Map<string, NamedTensor> {
    return named(this.#training.state.parameters, this.#training.trainable);
  }

  /** The gradient accumulated since the last optimizer step, by name; views. */
  gradients(): Map<string, NamedTensor> {
    return named(this.#training.gradient, this.#training.trainable);
  }

  forward(batch: readonly Conversation[], options: { readonly temperature?: number } = {}): Promise<Float32Array[]> {
    return this.#training.forward(batch, options);
  }

  forwardBackward(batch: readonly Datum[], loss: Loss): Promise<LossMetrics> {
    return this.#training.forwardBackward(batch, loss);
  }

  optimStep(adam: AdamOptions): Promise<StepMetrics> {
    return this.#training.optimStep(adam);
  }

  async model(): Promise<Model> {
    return this.#modelOf(this.#training);
  }

  /**
   * The model with its adapters off: the reference policy of a KL term, without a second copy of the weights.
   * Throws `LanguageModelError` (`no-adapter`) when all weights are trained.
   */
  reference(): Pick<Learner, 'forward' | 'model'> {
    if (!this.lora) {
      throw new LanguageModelError(
        'no-adapter',
        'the model has no adapters to switch off: load the starting weights once more as the reference',
      );
    }
    const base = this.#trainingStep([], new Float32Array(0), this.#baseWeights());
    return { forward: (batch, options) => base.forward(batch, options), model: async () => this.#modelOf(base) };
  }

  /**
   * Writes what is trained, to the last bit, and the optimizer's state as a folder, which appears whole or not at all: a Hugging Face
   * folder that transformers reads, or with adapters a folder in PEFT's format.
   */
  async save(path: string, options: SaveWeightsOptions = {}): Promise<string> {
    await writeFolderDurably(path, async (folder) => {
      const { state, step } = this.#training;
      if (this.lora) {
        const base = this.#parts.origin?.folder;
        await writeAdapter(folder, this.configuration, { settings: this.lora, adapter: state.parameters, base });
      } else await writeModel(folder, { ...this.#parts, parameters: state.parameters }, options);
      await writeOptimizer(folder, state, step);
    });
    return path;
  }

  /**
   * Writes the model alone, for use and for other software, as a Hugging Face folder, which appears whole or not at all; adapters are added
   * into the weights. Throws `LanguageModelError` (`not-finite`) for a weight beyond the range of F16.
   */
  async exportModel(path: string, options: ExportModelOptions = {}): Promise<string> {
    const { lora, configuration } = this;
    const adapter = this.#training.state.parameters;
    const parameters = lora ? mergeAdapter(configuration, lora, { parameters: this.#parts.parameters, adapter }) : adapter;
    await writeFolderDurably(path, (folder) => writeModel(folder, { ...this.#parts, parameters }, options));
    return path;
  }

  /** Restores what `save` wrote. Throws `LanguageModelError` (`bad-checkpoint`) for a folder of another model. */
  async load(path: string): Promise<void> {
    const { lora, configuration } = this;
    const difference = lora
      ? settingsDifference(await readAdapterSettings(path), lora)
      : configurationDifference((await readModelConfiguration(path)).configuration, configuration);
    if (difference !== undefined) throw new LanguageModelError('bad-checkpoint', `${path}: ${difference}`);
    const parameters = lora ? await readAdapter(path, configuration, lora) : await readModelWeights(path, configuration);
    const { first, second, step } = (await readOptimizer(path, this.parameterCount)) ?? freshOptimizer(this.parameterCount);
    this.#training.restore({ parameters, first, second }, step);
  }

  /** Frees the compiled sessions. */
  async dispose(): Promise<void> {
    await this.#compiled.dispose();
  }

  #trainingStep(
    trainable: readonly ParameterSpec[],
    parameters: Float32Array<ArrayBuffer>,
    frozen?: readonly FrozenParameter[],
  ): TrainingStep {
    const { configuration, trainingTokens } = this.#parts;
    return new TrainingStep({
      configuration,
      trainable,
      parameters,
      compiled: this.#compiled,
      ...(frozen && { frozen }),
      ...(trainingTokens !== undefined && { trainingTokens }),
    });
  }

  #baseWeights(): FrozenParameter[] {
    const specs = parameterSpecs(this.configuration);
    const views = parameterViews(this.#parts.parameters, specs);
    return specs.map(({ name, shape }, i) => ({ name, shape, data: views[i]! }));
  }

  #modelOf(training: TrainingStep): Model {
    const { tokenizer, configuration } = this;
    const { generationRows } = this.#parts;
    const context = (): GenerationContext => ({
      configuration,
      specs: training.specs,
      parameters: training.values(),
      compiled: this.#compiled,
    });
    return {
      tokenizer,
      complete: (requests, options) =>
        completeRequests(context, requests, { ...options, tokenizer, ...(generationRows !== undefined && { generationRows }) }),
      logprobs: (conversations, options = {}) => training.forward(conversations, options),
    };
  }
}

function named(flat: Float32Array<ArrayBuffer>, specs: readonly ParameterSpec[]): Map<string, NamedTensor> {
  const views = parameterViews(flat, specs);
  return new Map(specs.map(({ name, shape }, i) => [name, { shape, data: views[i]! }]));
}
