import { MemtrainError } from '../errors.ts';
import { nearestKey } from '../config/nearest-key.ts';

/** What a stage trains on: E and I together, E alone, E and I without the coupling term, or questions with known answers. */
export type MiniatureTask = 'memtrain' | 'endToEnd' | 'decoupled' | 'qa';

export interface MiniatureStage {
  readonly task: MiniatureTask;
  readonly steps: number;
}

/** One line of the experiment: stages of training, one after another, from the common backbone. */
export interface MiniatureArm {
  readonly name: string;
  readonly stages: readonly MiniatureStage[];
}

/** Sizes of the experiment; plain data, kept in the run's `config.json`. */
export interface MiniatureScale {
  readonly name: string;
  /** Seeds run one after another, counted on from the given one. */
  readonly seeds: number;
  readonly worldSeed: number;
  readonly arms: readonly MiniatureArm[];
  /** Name of the arm that the first arm is compared with. */
  readonly control: string;
  readonly training: {
    /** Chunks of a training document. */
    readonly chunks: number;
    readonly documentsPerStep: number;
    readonly groupSize: number;
    readonly recallSamples: number;
    readonly lambda: number;
    readonly minibatches: number;
    readonly learningRate: number;
    /** Updates of linear warm-up: AdamW's first steps are the least reliable. */
    readonly warmup: number;
    readonly beta2: number;
    readonly clipNorm: number;
    readonly filter: 'outcome' | 'variance' | 'none';
    readonly checkpointEvery: number;
  };
  readonly reading: {
    /** Answers are one word; one token is enough for it. */
    readonly answerTokens: number;
    readonly temperature: number;
  };
  readonly evaluation: {
    readonly chunks: readonly number[];
    /** Documents a length, of masked reconstruction and of questions. */
    readonly masked: number;
    readonly questions: number;
    /** Evaluation documents follow from this and never from the run's seed: every arm and seed reads the same ones. */
    readonly seed: number;
  };
}

const demo: MiniatureScale = {
  name: 'demo',
  seeds: 1,
  worldSeed: 0,
  arms: [
    { name: 'MemTrain', stages: [{ task: 'memtrain', steps: 40 }] },
    { name: 'End-to-End', stages: [{ task: 'endToEnd', steps: 40 }] },
  ],
  control: 'End-to-End',
  training: {
    chunks: 4,
    documentsPerStep: 16,
    groupSize: 8,
    recallSamples: 8,
    lambda: 0.5,
    minibatches: 2,
    learningRate: 5e-4,
    warmup: 5,
    beta2: 0.95,
    clipNorm: 1,
    filter: 'variance',
    checkpointEvery: 10,
  },
  reading: { answerTokens: 1, temperature: 0.5 },
  evaluation: { chunks: [2, 4, 8, 16, 32], masked: 200, questions: 50, seed: 999 },
};

const smoke: MiniatureScale = {
  ...demo,
  name: 'smoke',
  arms: demo.arms.map((arm) => ({ ...arm, stages: arm.stages.map((stage) => ({ ...stage, steps: 2 })) })),
  training: { ...demo.training, documentsPerStep: 2, groupSize: 4, recallSamples: 2, checkpointEvery: 1 },
  evaluation: { ...demo.evaluation, chunks: [2, 4], masked: 8, questions: 8 },
};

const standard: MiniatureScale = {
  ...demo,
  name: 'standard',
  seeds: 3,
  arms: [
    {
      name: 'MemTrain + QA',
      stages: [
        { task: 'memtrain', steps: 50 },
        { task: 'qa', steps: 50 },
      ],
    },
    { name: 'QA', stages: [{ task: 'qa', steps: 50 }] },
    { name: 'QA, same cost', stages: [{ task: 'qa', steps: 135 }] },
    {
      name: 'End-to-End + QA',
      stages: [
        { task: 'endToEnd', steps: 50 },
        { task: 'qa', steps: 50 },
      ],
    },
    {
      name: 'Decoupled + QA',
      stages: [
        { task: 'decoupled', steps: 50 },
        { task: 'qa', steps: 50 },
      ],
    },
  ],
  control: 'QA, same cost',
  evaluation: { ...demo.evaluation, masked: 200, questions: 200 },
};

const full: MiniatureScale = {
  ...standard,
  name: 'full',
  seeds: 5,
  arms: standard.arms.map((arm) => ({ ...arm, stages: arm.stages.map((stage) => ({ ...stage, steps: stage.steps * 3 })) })),
  evaluation: { ...demo.evaluation, chunks: [2, 4, 8, 16, 32, 64], masked: 500, questions: 1000 },
};

/** The experiment's sizes by name. */
export const miniatureScales: Readonly<Record<string, MiniatureScale>> = { smoke, demo, standard, full };

/** A scale by name. Throws `MemtrainError` (`usage`). */
export function miniatureScale(name: string): MiniatureScale {
  const scale = Object.hasOwn(miniatureScales, name) ? miniatureScales[name] : undefined;
  if (scale) return scale;
  const known = Object.keys(miniatureScales);
  const nearest = nearestKey(name, known);
  throw new MemtrainError(
    'usage',
    `--scale ${name} is unknown: use one of ${known.join(', ')}${nearest ? ` (did you mean ${nearest}?)` : ''}`,
  );
}
