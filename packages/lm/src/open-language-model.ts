import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer, type Tokenizer } from '@memtrain/policy';
import { validateConfiguration, type LanguageModelConfiguration } from './configuration.ts';
import { LanguageModelError } from './errors.ts';
import { LanguageModel, type LanguageModelOptions } from './language-model.ts';
import { initialAdapter, loraSettings, type LoraOptions } from './lora.ts';
import { readAdapter, readAdapterSettings } from './lora-files.ts';
import { readModelConfiguration, readModelWeights, readOrigin } from './model-folder.ts';
import { readOptimizer, type OptimizerState } from './optimizer-file.ts';
import { initialParameters } from './parameters.ts';

export interface CreateLanguageModelOptions extends LanguageModelOptions {
  readonly configuration: LanguageModelConfiguration;
  readonly tokenizer: Tokenizer;
  readonly seed: number;
  /** Trains low-rank adapters in place of the weights. */
  readonly lora?: LoraOptions;
}

/** A randomly initialised model; the same seed gives the same weights. Throws `LanguageModelError` (`bad-configuration`). */
export function createLanguageModel(options: CreateLanguageModelOptions): LanguageModel {
  const configuration = validateConfiguration(options.configuration);
  checkVocabulary(options.tokenizer, configuration);
  const { lora, seed, ...parts } = options;
  const settings = lora && loraSettings(lora);
  return new LanguageModel({
    ...parts,
    parameters: initialParameters(configuration, seed),
    ...(settings && { adapter: { settings, parameters: initialAdapter(configuration, settings, seed) } }),
  });
}

export interface LoadLanguageModelOptions extends LanguageModelOptions {
  /** Default: the one in the folder. */
  readonly tokenizer?: Tokenizer;
  /** Trains fresh low-rank adapters, drawn from `seed`, in place of the weights. */
  readonly lora?: LoraOptions & { readonly seed: number };
  /** Folder of saved adapters in PEFT's format, to be used and trained further. */
  readonly adapter?: string;
  /** Whether an optimizer's state that was saved is read, which takes twice the memory of the trained weights. Default true. */
  readonly optimizer?: boolean;
}

/**
 * Loads a Hugging Face folder: `config.json`, `model.safetensors` or shards with their index, the tokenizer's files, and the optimizer's
 * state when `save` left it there. Files are checked against each other before anything of their size is allocated.
 * Throws `LanguageModelError` naming file and tensor, and `PolicyError` for the tokenizer's files.
 */
export async function loadLanguageModel(folder: string, options: LoadLanguageModelOptions = {}): Promise<LanguageModel> {
  const { lora, adapter, tokenizer: given, optimizer: resumes = true, ...engine } = options;
  if (lora && adapter !== undefined)
    throw new LanguageModelError('bad-adapter', 'lora makes fresh adapters and adapter loads saved ones: give one');
  const { configuration, json } = await readModelConfiguration(folder);
  const saved = adapter === undefined ? undefined : await readAdapterSettings(adapter);
  const settings = lora ? loraSettings(lora) : saved;
  const tokenizer = given ?? (await tokenizerOf(folder));
  checkVocabulary(tokenizer, configuration, folder);
  const parts = {
    ...engine,
    tokenizer,
    configuration,
    parameters: await readModelWeights(folder, configuration),
    origin: await readOrigin(folder, json),
  };
  const optimizerOf = (from: string, size: number): Promise<OptimizerState | undefined> =>
    resumes ? readOptimizer(from, size) : Promise.resolve(undefined);
  if (!settings) return new LanguageModel({ ...parts, optimizer: await optimizerOf(folder, parts.parameters.length) });
  const flat = lora ? initialAdapter(configuration, settings, lora.seed) : await readAdapter(adapter!, configuration, settings);
  return new LanguageModel({
    ...parts,
    adapter: { settings, parameters: flat },
    ...(adapter !== undefined && { optimizer: await optimizerOf(adapter, flat.length) }),
  });
}

function tokenizerOf(folder: string): Promise<Tokenizer> {
  if (existsSync(join(folder, 'tokenizer.json'))) return loadTokenizer(folder);
  throw new LanguageModelError('bad-checkpoint', `${folder}: has no tokenizer.json: add the tokenizer's files, or pass a tokenizer`);
}

function checkVocabulary(tokenizer: Tokenizer, { vocabularySize }: LanguageModelConfiguration, where?: string): void {
  if (tokenizer.vocabularySize <= vocabularySize) return;
  throw new LanguageModelError(
    'bad-configuration',
    `${where === undefined ? '' : `${where}: `}the tokenizer has ${tokenizer.vocabularySize} tokens, but vocabularySize is ${vocabularySize}: raise it`,
  );
}
