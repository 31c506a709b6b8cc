import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findCheckpoint } from '@memtrain/grpo';
import { createLanguageModel, loadLanguageModel, openExecutor } from '@memtrain/lm';
import type { LanguageModel, LanguageModelOptions, LoraOptions } from '@memtrain/lm';
import { huggingFaceTokenizer, loadTokenizer } from '@memtrain/policy';
import type { HuggingFaceTokenizerFiles, Learner, Tokenizer } from '@memtrain/policy';
import { trainConfigSchema } from '../config/train-config.ts';
import type { TrainConfig } from '../config/train-config.ts';
import { MemtrainError } from '../errors.ts';
import { writeJson } from '../run/write-json.ts';
import { readRunConfig, runFiles } from '../run/run-folder.ts';
import { learnTokenizer } from './learn-tokenizer.ts';

/** Name of the folder of a learnt tokenizer inside a run folder. */
export const tokenizerFolder = 'tokenizer';

/** File that makes a folder one of adapters. */
const adapterFile = 'adapter_config.json';

export interface OpenModelOptions {
  /** Texts that a fresh model's tokenizer is learnt from. */
  readonly texts: () => readonly string[];
  /** The run folder, where a learnt tokenizer is kept. */
  readonly folder: string;
}

/** The model that a training run starts from: a saved one, or a fresh one with a tokenizer learnt from the texts. */
export async function openTrainingModel(config: TrainConfig, options: OpenModelOptions): Promise<LanguageModel> {
  const { folder } = config.model;
  if (folder !== undefined) {
    requireModelFolder(folder);
    return loadLanguageModel(folder, { ...(await engineOf(config.model.executor)), ...adaptersOf(config) });
  }
  const path = join(options.folder, tokenizerFolder);
  if (!existsSync(join(path, 'tokenizer.json'))) {
    const { vocabularySize } = config.model.architecture;
    await writeTokenizer(path, learnTokenizer(options.texts(), { vocabularySize }));
  }
  return freshModel(config, await loadTokenizer(path));
}

/** A reference policy, and how to free what it holds of its own. */
export interface ReferenceModel {
  readonly policy: Pick<Learner, 'forward'> | Learner;
  dispose(): Promise<void>;
}

/** The reference policy of the KL term: the learner without its adapters, or else the weights that the run started from once more. */
export async function openReferenceModel(config: TrainConfig, learner: LanguageModel): Promise<ReferenceModel> {
  if (learner.lora) return { policy: learner.reference(), dispose: async () => undefined };
  const { folder, executor } = config.model;
  const { tokenizer } = learner;
  const policy =
    folder === undefined
      ? await freshModel(config, tokenizer)
      : await loadLanguageModel(folder, { tokenizer, optimizer: false, ...(await engineOf(executor)) });
  return { policy, dispose: () => policy.dispose() };
}

export interface SavedModel {
  readonly learner: LanguageModel;
  /** How the run that made it read; undefined for a plain model folder. */
  readonly config: TrainConfig | undefined;
}

export interface OpenSavedModelOptions {
  readonly executor?: string | undefined;
  /** Folder of adapters in PEFT's format for this model. */
  readonly adapter?: string | undefined;
}

/**
 * The last weights of a training run's folder, or the model of a Hugging Face folder, either with adapters.
 * Throws `MemtrainError` (`no-file`, `bad-file`, `bad-options`) and `LanguageModelError` for what does not fit together.
 */
export async function openSavedModel(path: string, options: OpenSavedModelOptions = {}): Promise<SavedModel> {
  const { adapter } = options;
  if (adapter !== undefined) requireAdapterFolder(adapter);
  const engine = { ...(await engineOf(options.executor)), optimizer: false, ...(adapter !== undefined && { adapter }) };
  if (!isRunFolder(path)) {
    requireModelFolder(path);
    return { learner: await loadLanguageModel(path, engine), config: undefined };
  }
  const run = readRunConfig(path) as { readonly command?: string; readonly config?: unknown };
  const parsed = trainConfigSchema.safeParse(run.config);
  if (run.command !== 'train' || !parsed.success) {
    throw new MemtrainError('bad-file', `${path} is not the folder of a memtrain train run: give one, or a model folder`);
  }
  const found = await findCheckpoint(path);
  if (!found) throw new MemtrainError('no-file', `the run in ${path} has no checkpoint yet: train at least one update`);
  const config = parsed.data;
  const { folder, lora } = config.model;
  if (lora && adapter !== undefined) {
    throw new MemtrainError('bad-options', `the run in ${path} trained adapters of its own: leave --adapter out, or give its base model`);
  }
  const tokenizer = await loadTokenizer(folder ?? join(path, tokenizerFolder));
  if (!lora) return { learner: await loadLanguageModel(found.learner, { tokenizer, ...engine }), config };
  if (folder !== undefined) return { learner: await loadLanguageModel(folder, { tokenizer, adapter: found.learner, ...engine }), config };
  const learner = await freshModel(config, tokenizer);
  await learner.load(found.learner);
  return { learner, config };
}

/** The engine's options for an executor by name; the default one when absent. Throws `LanguageModelError` (`missing-executor`). */
async function engineOf(executor: string | undefined): Promise<LanguageModelOptions> {
  return executor === undefined || executor === 'onnxruntime' ? {} : { executor: await openExecutor(executor) };
}

function adaptersOf({ model: { lora }, seed }: TrainConfig): { readonly lora?: LoraOptions & { readonly seed: number } } {
  if (!lora) return {};
  const { rank, alpha, targets } = lora;
  return { lora: { rank, seed, ...(alpha !== undefined && { alpha }), ...(targets && { targets }) } };
}

/** Whether a folder is that of a run, not of a model. */
export function isRunFolder(path: string): boolean {
  return existsSync(join(path, runFiles.manifest)) && existsSync(join(path, runFiles.config));
}

/** Throws `MemtrainError` (`no-file`) unless the folder looks like one of a model. */
export function requireModelFolder(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new MemtrainError('no-file', `no model folder at ${folder}: check the path`);
  }
  if (existsSync(join(folder, adapterFile)) && !existsSync(join(folder, 'config.json'))) {
    throw new MemtrainError(
      'no-file',
      `${folder} holds adapters, not a model: give the folder of their model, and this one as --adapter where a command has it`,
    );
  }
  for (const [name, other = name] of [['config.json'], ['model.safetensors', 'model.safetensors.index.json']] as const) {
    if (existsSync(join(folder, name)) || existsSync(join(folder, other))) continue;
    throw new MemtrainError('no-file', `${folder} has no ${name}: give the folder of a saved model`);
  }
}

/** Throws `MemtrainError` (`no-file`) unless the folder looks like one of adapters. */
export function requireAdapterFolder(folder: string): void {
  for (const name of [adapterFile, 'adapter_model.safetensors']) {
    if (existsSync(join(folder, name))) continue;
    throw new MemtrainError('no-file', `${folder} has no ${name}: give a folder of adapters in PEFT's format`);
  }
}

/** A tokenizer's files, for `loadTokenizer`; tokenizer.json comes last, because it is what makes the folder complete. */
async function writeTokenizer(path: string, files: HuggingFaceTokenizerFiles): Promise<void> {
  huggingFaceTokenizer(files);
  await writeJson(join(path, 'tokenizer_config.json'), files.config);
  await writeJson(join(path, 'tokenizer.json'), files.tokenizer);
}

async function freshModel(config: TrainConfig, tokenizer: Tokenizer): Promise<LanguageModel> {
  const configuration = {
    ...config.model.architecture,
    vocabularySize: tokenizer.vocabularySize,
    normEpsilon: 1e-6,
    tiedEmbeddings: true,
    initializerRange: 0.02,
  };
  const { lora } = adaptersOf(config);
  return createLanguageModel({
    configuration,
    tokenizer,
    seed: config.seed,
    ...(await engineOf(config.model.executor)),
    ...(lora && { lora }),
  });
}
