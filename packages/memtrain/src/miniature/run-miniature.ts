import { join } from 'node:path';
import { miniatureTemplate } from '@memtrain/agent';
import { createWorld, entitiesOf } from '@memtrain/corpus';
import type { World } from '@memtrain/corpus';
import { findCheckpoint } from '@memtrain/grpo';
import { deriveSeed } from '@memtrain/policy';
import type { Learner } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import type { Progress } from '../progress/progress.ts';
import { appendJsonLine, filterJsonLines, readJsonLines } from '../run/json-lines.ts';
import { readingRollout } from '../training/reading-rollout.ts';
import { runTraining } from '../training/run-training.ts';
import type { ReadingOptions } from '../training/reading-rollout.ts';
import { evaluateWorld } from './evaluate-world.ts';
import type { WorldEvaluation } from './evaluate-world.ts';
import type { MiniatureArm, MiniatureScale, MiniatureStage } from './scales.ts';
import { worldDocuments } from './world-documents.ts';

/** What trains. A scripted one runs the whole flow without a language model. */
export interface MiniatureEngine {
  readonly learner: Learner;
  /** A folder, for `Learner.load`, of the warm-started backbone of a seed. */
  backbone(seed: number): Promise<string>;
}

/** One line of `evaluations.jsonl`. */
export interface ArmEvaluation extends WorldEvaluation {
  readonly seed: number;
  /** `base` before any training, else the arm's name. */
  readonly arm: string;
  /** Number of stages trained. */
  readonly stage: number;
}

export interface RunMiniatureOptions {
  readonly scale: MiniatureScale;
  readonly folder: string;
  readonly seed: number;
  readonly engine: MiniatureEngine;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** Name of the untrained backbone in evaluations. */
export const baseName = 'base';
/** Name of the file of evaluations. */
export const evaluationsFile = 'evaluations.jsonl';

/** Folder of an arm's stage inside the experiment's folder. */
export function stageFolder(folder: string, seed: number, arm: MiniatureArm, stage: number): string {
  const slug = arm.name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return join(folder, 'arms', `seed-${seed}`, slug, `stage-${stage + 1}-${arm.stages[stage]!.task}`);
}

/**
 * The miniature experiment: every arm trained from the same backbone, evaluated before and after on the same documents. What the folder
 * already holds is not done again, so a stopped experiment goes on where it was, to the same numbers.
 * Throws `MemtrainError` (`interrupted`) when the signal ends it, and whatever the learner throws.
 */
export async function runMiniature(options: RunMiniatureOptions): Promise<void> {
  const { scale, seed: firstSeed } = options;
  const world = createWorld(scale.worldSeed);
  // A line that a kill cut short must not be continued.
  await filterJsonLines(join(options.folder, evaluationsFile), () => true);
  const lab = { ...options, world, reading: readingOf(world, scale) };
  for (let seed = firstSeed; seed < firstSeed + scale.seeds; seed++) {
    const backbone = await options.engine.backbone(seed);
    await evaluateOnce(lab, { seed, arm: baseName, stage: 0, step: 0 }, backbone);
    for (const arm of scale.arms) {
      let weights = backbone;
      let step = 0;
      for (const [index, stage] of arm.stages.entries()) {
        weights = await trainStage(lab, { seed, arm, index, stage, weights });
        step += stage.steps;
        if (index === arm.stages.length - 1) await evaluateOnce(lab, { seed, arm: arm.name, stage: index + 1, step }, weights);
      }
    }
  }
}

type Lab = RunMiniatureOptions & { readonly world: World; readonly reading: ReadingOptions };

function readingOf(world: World, scale: MiniatureScale): ReadingOptions {
  // Three words a statement and the end token.
  return { template: miniatureTemplate, memoryTokens: world.sizes.memory * 3 + 1, ...scale.reading };
}

/** Trains one stage, or what is left of it; returns the folder of its weights. */
async function trainStage(
  lab: Lab,
  place: {
    readonly seed: number;
    readonly arm: MiniatureArm;
    readonly index: number;
    readonly stage: MiniatureStage;
    readonly weights: string;
  },
): Promise<string> {
  const { scale, world, engine, signal } = lab;
  const { seed, arm, index, stage, weights } = place;
  const folder = stageFolder(lab.folder, seed, arm, index);
  const found = await findCheckpoint(folder);
  if (found?.state.step === stage.steps) return found.learner;
  signal.throwIfAborted();
  if (!found) await engine.learner.load(weights);
  const { training } = scale;
  const runSeed = deriveSeed(seed, arm.name, index);
  const label = `${arm.name}: ${stage.task}${scale.seeds > 1 ? ` (seed ${seed})` : ''}`;
  const task = lab.progress.task(label, stage.steps, found?.state.step ?? 0);
  const result = await runTraining({
    learner: engine.learner,
    folder,
    steps: stage.steps,
    seed: runSeed,
    rollout: readingRollout({
      arm: arm.name,
      documents: (step) =>
        worldDocuments(world, {
          task: stage.task === 'qa' ? 'qa' : 'mask',
          count: training.documentsPerStep,
          chunks: training.chunks,
          seed: deriveSeed(runSeed, 'documents', step),
        }),
      reading: lab.reading,
      objective: {
        groupSize: training.groupSize,
        recallSamples: stage.task === 'memtrain' || stage.task === 'decoupled' ? training.recallSamples : 0,
        lambda: stage.task === 'memtrain' ? training.lambda : 0,
      },
      entitiesOf: (chunk) => entitiesOf(world, chunk),
    }),
    temperature: lab.reading.temperature,
    loss: { clipLow: 0.2, clipHigh: 0.28, kl: 0 },
    schedule: { kind: 'constant', peak: training.learningRate, warmup: training.warmup },
    adam: { beta2: training.beta2, clipNorm: training.clipNorm },
    train: {
      filter: training.filter,
      aggregation: 'conversationMean',
      minibatches: training.minibatches,
      checkpointEvery: training.checkpointEvery,
    },
    configuration: { scale, seed, arm: arm.name, stage: index },
    resume: 'auto',
    signal,
    now: lab.now,
    onStep: (record) => {
      const main = record.objectives['E'] ?? record.objectives['QA'];
      task.update(record.step, `reward ${(main?.reward ?? 0).toFixed(3)}, accuracy ${((main?.outcome ?? 0) * 100).toFixed(1)} %`);
    },
  });
  task.finish();
  if (result.stopped) throw new MemtrainError('interrupted', `stopped in ${label} after update ${result.step} of ${stage.steps}`);
  return (await findCheckpoint(folder))!.learner;
}

async function evaluateOnce(
  lab: Lab,
  key: { readonly seed: number; readonly arm: string; readonly stage: number; readonly step: number },
  weights: string,
): Promise<void> {
  const { scale, folder, engine, signal } = lab;
  const { step, ...name } = key;
  const file = join(folder, evaluationsFile);
  const done = readJsonLines<ArmEvaluation[]>(file).flat();
  if (done.some((each) => each.seed === name.seed && each.arm === name.arm && each.stage === name.stage)) return;
  signal.throwIfAborted();
  await engine.learner.load(weights);
  const task = lab.progress.task(`${key.arm}: evaluation${scale.seeds > 1 ? ` (seed ${key.seed})` : ''}`, undefined);
  const results = await evaluateWorld(await engine.learner.model(), lab.world, {
    scale,
    reading: lab.reading,
    arm: key.arm,
    step,
    signal,
    onProgress: (finished, total) => task.update(finished, '', total),
  });
  task.finish();
  // One line for the whole of a model: a kill leaves all of it or none.
  appendJsonLine(
    file,
    results.map((result): ArmEvaluation => ({ ...name, ...result })),
  );
}
