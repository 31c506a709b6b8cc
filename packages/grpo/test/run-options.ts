import type { TrainOptions } from '../src/train-options.ts';
import { banditRollout, tableLearner, type TableLearner } from './table-learner.ts';

/** Six steps with everything on that a resume could get wrong: KL, several passes and minibatches, a schedule, a caller's state. */
export function runOptions(folder: string, learner: TableLearner, changes: Partial<TrainOptions> = {}): TrainOptions {
  return {
    learner,
    rollout: banditRollout,
    reference: tableLearner(),
    folder,
    steps: 6,
    seed: 7,
    loss: { clipLow: 0.2, clipHigh: 0.28, kl: 1e-3 },
    schedule: { kind: 'cosine', peak: 0.05, warmup: 2, steps: 6 },
    adam: { weightDecay: 0.01, clipNorm: 1 },
    innerSteps: 2,
    minibatches: 2,
    recomputeOldLogprobs: true,
    configuration: { model: 'table', G1: 8 },
    checkpointEvery: 2,
    ...changes,
  };
}
