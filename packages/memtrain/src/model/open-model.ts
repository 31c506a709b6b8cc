import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findCheckpoint } from '@memtrain/grpo';
import { createLanguageModel, loadLanguageModel } from '@memtrain/lm';
import type { LanguageModel } from '@memtrain/lm';
import { huggingFaceTokenizer, loadTokenizer } from '@memtrain/policy';
import type { HuggingFaceTokenizerFiles, Tokenizer } from '@memtrain/policy';
import { trainConfigSchema } from '../config/train-config.ts';
import type { TrainConfig } from '../config/train-config.ts';
import { MemtrainError } from '../errors.ts';
import { writeJsonAtomically } from '../run/atomic-write.ts';
import { readRunConfig, runFiles } from '../run/run-folder.ts';
import { learnTokenizer } from './learn-tokenizer.ts';

/** Name of the folder of a learnt tokenizer inside a run folder. */
export const tokenizerFolder = 'tokenizer';

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
    return loadLanguageModel(folder, { tokenizer: await loadTokenizer(folder) });
  }
  const path = join(options.folder, tokenizerFolder);
  if (!existsSync(join(path, 'tokenizer.json'))) {
    const { vocabularySize } = config.model.architecture;
    writeTokenizer(path, learnTokenizer(options.texts(), { vocabularySize }));
  }
  return freshModel(config, await loadTokenizer(path));
}

/** The weights that a run started from, once more: the reference policy of the KL term. */
export async function openReferenceModel(config: TrainConfig, tokenizer: Tokenizer): Promise<LanguageModel> {
  const { folder } = config.model;
  return folder === undefined ? freshModel(config, tokenizer) : loadLanguageModel(folder, { tokenizer });
}

export interface SavedModel {
  readonly learner: LanguageModel;
  /** How the run that made it read; undefined for a plain model folder. */
  readonly config: TrainConfig | undefined;
}

/** The last weights of a training run's folder, or the model of a Hugging Face folder. Throws `MemtrainError` (`no-file`). */
export async function openSavedModel(path: string): Promise<SavedModel> {
  if (!existsSync(join(path, runFiles.manifest)) || !existsSync(join(path, runFiles.config))) {
    requireModelFolder(path);
    return { learner: await loadLanguageModel(path, { tokenizer: await loadTokenizer(path) }), config: undefined };
  }
  const run = readRunConfig(path) as { readonly command?: string; readonly config?: unknown };
  const parsed = trainConfigSchema.safeParse(run.config);
  if (run.command !== 'train' || !parsed.success) {
    throw new MemtrainError('bad-file', `${path} is not the folder of a memtrain train run: give one, or a model folder`);
  }
  const found = await findCheckpoint(path);
  if (!found) throw new MemtrainError('no-file', `the run in ${path} has no checkpoint yet: train at least one update`);
  const tokenizer = await loadTokenizer(parsed.data.model.folder ?? join(path, tokenizerFolder));
  return { learner: await loadLanguageModel(found.learner, { tokenizer }), config: parsed.data };
}

/** Throws `MemtrainError` (`no-file`) unless the folder looks like one of a model. */
export function requireModelFolder(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new MemtrainError('no-file', `no model folder at ${folder}: check the path`);
  }
  for (const name of ['config.json', 'model.safetensors']) {
    if (!existsSync(join(folder, name))) throw new MemtrainError('no-file', `${folder} has no ${name}: give the folder of a saved model`);
  }
}

/** A tokenizer's files, for `loadTokenizer`; tokenizer.json comes last, because it is what makes the folder complete. */
function writeTokenizer(path: string, files: HuggingFaceTokenizerFiles): void {
  huggingFaceTokenizer(files);
  mkdirSync(path, { recursive: true });
  writeJsonAtomically(join(path, 'tokenizer_config.json'), files.config);
  writeJsonAtomically(join(path, 'tokenizer.json'), files.tokenizer);
}

function freshModel(config: TrainConfig, tokenizer: Tokenizer): LanguageModel {
  const configuration = {
    ...config.model.architecture,
    vocabularySize: tokenizer.vocabularySize,
    normEpsilon: 1e-6,
    tiedEmbeddings: true,
    initializerRange: 0.02,
  };
  return createLanguageModel({ configuration, tokenizer, seed: config.seed });
}
