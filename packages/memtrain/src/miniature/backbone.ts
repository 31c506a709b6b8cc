import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorld, type World } from '@memtrain/corpus';
import { createLanguageModel, type LanguageModel, type LanguageModelConfiguration } from '@memtrain/lm';
import { wordTokenizer, wordTokenizerJson, type Tokenizer } from '@memtrain/policy';
import { writeJsonAtomically } from '../run/atomic-write.ts';
import { warmStart, type WarmStartRecord } from './warm-start.ts';

/** What the miniature's backbone is made with: architecture and length of its warm start. */
export const backboneRecipe = {
  worldSeed: 0,
  steps: 1500,
  learningRate: 3e-3,
  architecture: {
    hiddenSize: 96,
    layers: 3,
    heads: 4,
    keyValueHeads: 2,
    headSize: 32,
    intermediateSize: 192,
    ropeTheta: 1000,
    normEpsilon: 1e-6,
    tiedEmbeddings: true,
    maxPositions: 128,
    initializerRange: 0.02,
  },
} as const;

/** The record `recipe.json` that a backbone folder carries. */
export interface BackboneRecord {
  readonly recipe: typeof backboneRecipe;
  readonly seed: number;
  /** SHA-256 of `model.safetensors`. */
  readonly weights: string;
  /** The warm start's first and last steps. */
  readonly log: readonly WarmStartRecord[];
}

/** The tokenizer of a world: its words. */
export function worldTokenizer(world: World): Tokenizer {
  return wordTokenizer(world.vocabulary);
}

/** The miniature's untrained model. */
export function createBackboneModel(world: World, options: { readonly seed: number; readonly threads?: number }): LanguageModel {
  const configuration: LanguageModelConfiguration = { vocabularySize: world.vocabulary.length, ...backboneRecipe.architecture };
  return createLanguageModel({ configuration, tokenizer: worldTokenizer(world), ...options });
}

export interface MakeBackboneOptions {
  /** Folder to be made, or replaced. */
  readonly folder: string;
  readonly seed: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (record: WarmStartRecord, steps: number) => void;
}

/**
 * Makes a warm-started backbone from nothing: a Hugging Face folder (`config.json`, `model.safetensors`, `tokenizer.json`) and `recipe.json`.
 * The folder appears whole or not at all. Returns undefined when the signal ended it early. About five minutes on two cores.
 */
export async function makeBackbone(options: MakeBackboneOptions): Promise<BackboneRecord | undefined> {
  const { folder, seed, threads, signal, onStep } = options;
  const world = createWorld(backboneRecipe.worldSeed);
  const learner = createBackboneModel(world, { seed, ...(threads !== undefined && { threads }) });
  const log: WarmStartRecord[] = [];
  try {
    const done = await warmStart({
      learner,
      tokenizer: worldTokenizer(world),
      world,
      seed,
      steps: backboneRecipe.steps,
      learningRate: backboneRecipe.learningRate,
      ...(signal && { signal }),
      onStep(record) {
        if (record.step <= 5 || record.step % 100 === 0) log.push(record);
        onStep?.(record, backboneRecipe.steps);
      },
    });
    if (!done) return undefined;
    const building = `${folder}.building`;
    await rm(building, { recursive: true, force: true });
    await mkdir(building, { recursive: true });
    await learner.save(join(building, 'model'));
    for (const file of ['config.json', 'model.safetensors']) await rename(join(building, 'model', file), join(building, file));
    await rm(join(building, 'model'), { recursive: true });
    writeJsonAtomically(join(building, 'tokenizer.json'), wordTokenizerJson(world.vocabulary));
    const weights = createHash('sha256').update(readFileSync(join(building, 'model.safetensors'))).digest('hex');
    const record: BackboneRecord = { recipe: backboneRecipe, seed, weights, log };
    writeJsonAtomically(join(building, 'recipe.json'), record);
    await rm(folder, { recursive: true, force: true });
    await rename(building, folder);
    return record;
  } finally {
    await learner.dispose();
  }
}
