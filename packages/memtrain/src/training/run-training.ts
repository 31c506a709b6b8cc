import { rolloutMemTrain } from '@memtrain/agent';
import type { EntitiesOf, PromptTemplate, RolloutDocument } from '@memtrain/agent';
import { train } from '@memtrain/grpo';
import type { Aggregation, GroupFilter, ResumePolicy, StepRecord, TrainResult } from '@memtrain/grpo';
import type { AdamOptions, Learner } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import { RunRecorder } from '../run/run-recorder.ts';
import { memtrainRewards } from './memtrain-rewards.ts';
import { reportTrajectory } from './report-trajectory.ts';

/** How an agent reads. */
export interface ReadingOptions {
  readonly template: PromptTemplate;
  readonly memoryTokens: number;
  readonly answerTokens: number;
  readonly temperature: number;
}

export interface RunTrainingOptions {
  /** Starts from its current weights, or from the folder's last checkpoint. */
  readonly learner: Learner;
  readonly folder: string;
  /** Name in the record of trajectories. */
  readonly arm: string;
  readonly steps: number;
  readonly seed: number;
  /** Documents of an update (counted from 1); must follow from the number alone, so that a resumed run reads the same. */
  readonly documents: (step: number) => readonly RolloutDocument[];
  readonly reading: ReadingOptions;
  readonly objective: {
    readonly groupSize: number;
    /** 0: no recall task. */
    readonly recallSamples: number;
    readonly lambda: number;
    readonly clipLow: number;
    readonly clipHigh: number;
    readonly kl: number;
    readonly filter: GroupFilter;
    readonly aggregation: Aggregation;
  };
  readonly entitiesOf: EntitiesOf;
  readonly adam: AdamOptions;
  /** Updates of linear warm-up. Default 0. */
  readonly warmup?: number;
  readonly minibatches: number;
  readonly checkpointEvery: number;
  /** Needed when `objective.kl` is above 0. */
  readonly reference?: Pick<Learner, 'forward'> | undefined;
  /** What a checkpoint must have been made with; plain JSON. */
  readonly configuration: unknown;
  readonly resume: ResumePolicy;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly onStep?: (record: StepRecord) => void;
}

/** Joint updates on masked documents (E and I), or on questions (QA), into a run folder. Throws what agent, trainer and learner throw. */
export async function runTraining(options: RunTrainingOptions): Promise<TrainResult> {
  const { learner, folder, objective, reading, adam, onStep } = options;
  const recorder = new RunRecorder(folder, { now: options.now });
  const { learningRate, ...adamRest } = adam;
  try {
    return await train({
      learner,
      folder,
      steps: options.steps,
      seed: options.seed,
      loss: { clipLow: objective.clipLow, clipHigh: objective.clipHigh, kl: objective.kl, temperature: reading.temperature },
      schedule: { kind: 'constant', peak: learningRate, warmup: options.warmup ?? 0 },
      adam: adamRest,
      filter: objective.filter,
      aggregation: objective.aggregation,
      minibatches: options.minibatches,
      checkpointEvery: options.checkpointEvery,
      configuration: options.configuration,
      resume: options.resume,
      signal: options.signal,
      ...(options.reference && { reference: options.reference }),
      rollout: async ({ step, seed, model, signal }) => {
        const { groups, readings, statistics } = await rolloutMemTrain(model, options.documents(step), {
          ...reading,
          seed,
          trajectories: objective.groupSize,
          recallSamples: objective.recallSamples,
          couple: objective.lambda > 0,
          rewards: memtrainRewards(objective.lambda),
          entitiesOf: options.entitiesOf,
          ...(signal && { signal }),
        });
        const failed = readings.find(({ trajectory }) => trajectory.error);
        if (groups.length === 0 && failed) {
          const { error } = failed.trajectory;
          throw new MemtrainError('bad-options', `no reading of update ${step} was finished: ${error!.message}`, { cause: error });
        }
        recorder.trajectories(
          step,
          readings.slice(0, 1).map((each) => reportTrajectory(options.arm, step, each)),
        );
        return { groups, metrics: { ...statistics } };
      },
      onStep: (record) => {
        recorder.step(record);
        onStep?.(record);
      },
    });
  } finally {
    recorder.close();
  }
}
