import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorld } from '@memtrain/corpus';
import type { World } from '@memtrain/corpus';
import { writeFolderDurably } from '@memtrain/durable-files';
import { createLanguageModel } from '@memtrain/lm';
import type { LanguageModel } from '@memtrain/lm';
import { saveWordTokenizer, wordTokenizer } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import type { Progress } from '../progress/progress.ts';
import { writeJson } from '../run/write-json.ts';
import { warmStart } from './warm-start.ts';
import type { WarmStartRecord } from './warm-start.ts';

/** What the miniature's backbone is made with: architecture and length of its warm start. */
export const backboneRecipe = {
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

/** The file `recipe.json` of a backbone folder: how it was made, and what to compare a remake with. */
export interface BackboneRecord {
  readonly recipe: typeof backboneRecipe;
  readonly seed: number;
  readonly worldSeed: number;
  /** SHA-256 of `model.safetensors`. */
  readonly weights: string;
  /** The warm start's first five steps and every hundredth. */
  readonly log: readonly WarmStartRecord[];
}

export interface MakeBackboneOptions {
  /** Folder to be made; must not exist. */
  readonly folder: string;
  readonly seed: number;
  readonly worldSeed: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Default: the recipe's; fewer for a test. */
  readonly steps?: number;
}

/** The miniature's model before its warm start; its tokenizer is the world's words. */
export function createBackboneModel(world: World, options: { readonly seed: number; readonly threads?: number }): LanguageModel {
  return createLanguageModel({
    configuration: { vocabularySize: world.vocabulary.length, ...backboneRecipe.architecture },
    tokenizer: wordTokenizer(world.vocabulary),
    ...options,
  });
}

/**
 * Makes the warm-started backbone of the miniature from nothing: a Hugging Face folder (`config.json`, `model.safetensors`,
 * tokenizer) and `recipe.json`. Same seed, same rows and (on the same kind of processor) same bytes. The folder appears whole or not
 * at all. About five minutes on two cores. Throws `MemtrainError` (`interrupted`) when the signal ends it.
 */
export async function makeBackbone(options: MakeBackboneOptions): Promise<BackboneRecord> {
  const { folder, seed, worldSeed, progress, signal, steps = backboneRecipe.steps } = options;
  const world = createWorld(worldSeed);
  // One thread, because the number of threads can change the last bits of a sum.
  const learner = createBackboneModel(world, { seed, threads: 1 });
  const log: WarmStartRecord[] = [];
  const task = progress.task(`backbone of seed ${seed}`, steps);
  try {
    const done = await warmStart({
      learner,
      tokenizer: learner.tokenizer,
      world,
      seed,
      steps: backboneRecipe.steps,
      last: steps,
      learningRate: backboneRecipe.learningRate,
      signal,
      onStep(record) {
        if (record.step <= 5 || record.step % 100 === 0) log.push(record);
        task.update(record.step, `update loss ${record.loss.update.toFixed(3)}`);
      },
    });
    if (!done) throw new MemtrainError('interrupted', `the backbone for ${folder} was not finished: run the command again, it starts over`);
    return await writeFolderDurably(folder, async (building) => {
      await learner.save(join(building, 'model'));
      for (const file of ['config.json', 'model.safetensors']) await rename(join(building, 'model', file), join(building, file));
      await rm(join(building, 'model'), { recursive: true });
      await saveWordTokenizer(building, world.vocabulary);
      const weights = createHash('sha256')
        .update(readFileSync(join(building, 'model.safetensors')))
        .digest('hex');
      const record: BackboneRecord = { recipe: backboneRecipe, seed, worldSeed, weights, log };
      await writeJson(join(building, 'recipe.json'), record);
      return record;
    });
  } finally {
    task.finish();
    await learner.dispose();
  }
}
