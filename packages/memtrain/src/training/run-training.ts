import { rolloutMemTrain } from '@memtrain/agent';
import type { EntitiesOf, PromptTemplate, RolloutDocument } from '@memtrain/agent';
import { train } from '@memtrain/grpo';
import type { ResumePolicy, Schedule, StepRecord, TrainResult } from '@memtrain/grpo';
import type { AdamOptions, Learner } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import { RunRecorder } from '../run/run-recorder.ts';
import type { TrackioSender } from '../run/trackio.ts';
import { applyReward, type CustomReward } from './custom-reward.ts';
import { memtrainRewards } from './memtrain-rewards.ts';
import { reportTrajectory } from './report-trajectory.ts';
import type { TrainingSettings } from './training-settings.ts';

/** How an agent reads. */
export interface ReadingOptions {
  readonly template: PromptTemplate;
  readonly memoryTokens: number;
  readonly answerTokens: number;
  readonly temperature: number;
  /** Where the chunk stands in a memory update's prompt; `chunk-first` lets a group share nearly all of it. Default `memory-first`. */
  readonly layout?: 'memory-first' | 'chunk-first';
}

export interface RunTrainingOptions {
  /** Starts from its current weights, or from the folder's last checkpoint. */
  readonly learner: Learner;
  readonly folder: string;
  /** Name in the record of trajectories. */
  readonly arm: string;
  readonly steps: number;
  readonly seed: number;
  /** Documents of an update (counted from 1) and refill (0: none); must follow from these alone, so that a resumed run reads the same. */
  readonly documents: (step: number, attempt: number) => readonly RolloutDocument[];
  readonly reading: ReadingOptions;
  readonly objective: {
    readonly groupSize: number;
    /** 0: no recall task. */
    readonly recallSamples: number;
    readonly lambda: number;
    /** One recall target for all readings of a document. Default false. */
    readonly shareTarget?: boolean;
  };
  /** In the place of equation 2. */
  readonly customReward?: CustomReward | undefined;
  /** The temperature is the reading's. */
  readonly loss: TrainingSettings['loss'];
  readonly entitiesOf: EntitiesOf;
  readonly schedule: Schedule;
  readonly adam: Omit<AdamOptions, 'learningRate'>;
  /** Options of `train` that are handed on as they are. */
  readonly train: TrainingSettings['train'];
  /** Needed when `loss.kl` or `train.rewardKl` is above 0. */
  readonly reference?: Pick<Learner, 'forward'> | Learner | undefined;
  /** What a checkpoint must have been made with; plain JSON. */
  readonly configuration: unknown;
  readonly resume: ResumePolicy;
  /** Goes on although the checkpoint was made with another configuration. Default false. */
  readonly allowOtherConfiguration?: boolean;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Where the curves go besides the folder. */
  readonly trackio?: TrackioSender | undefined;
  readonly onStep?: (record: StepRecord) => void;
}

/** Joint updates on masked documents (E and I), or on questions (QA), into a run folder. Throws what agent, trainer and learner throw. */
export async function runTraining(options: RunTrainingOptions): Promise<TrainResult> {
  const { learner, folder, objective, reading, onStep } = options;
  const recorder = new RunRecorder(folder, { now: options.now, trackio: options.trackio });
  try {
    return await train({
      learner,
      folder,
      steps: options.steps,
      seed: options.seed,
      loss: { ...options.loss, temperature: reading.temperature },
      schedule: options.schedule,
      adam: options.adam,
      ...options.train,
      configuration: options.configuration,
      resume: options.resume,
      allowOtherConfiguration: options.allowOtherConfiguration ?? false,
      signal: options.signal,
      ...(options.reference && { reference: options.reference }),
      rollout: async ({ step, attempt, seed, model, signal }) => {
        const rollout = await rolloutMemTrain(model, options.documents(step, attempt), {
          ...reading,
          seed,
          trajectories: objective.groupSize,
          recallSamples: objective.recallSamples,
          couple: objective.lambda > 0,
          shareTarget: objective.shareTarget ?? false,
          rewards: memtrainRewards(objective.lambda),
          entitiesOf: options.entitiesOf,
          ...(signal && { signal }),
        });
        const { readings, statistics } = rollout;
        const failed = readings.find(({ trajectory }) => trajectory.error);
        if (rollout.groups.length === 0 && failed) {
          const { error } = failed.trajectory;
          throw new MemtrainError('bad-options', `no reading of update ${step} was finished: ${error!.message}`, { cause: error });
        }
        recorder.trajectories(
          step,
          readings.slice(0, 1).map((each) => reportTrajectory(options.arm, step, each)),
        );
        if (!options.customReward) return { groups: rollout.groups, metrics: { ...statistics } };
        const { groups, metrics } = await applyReward(options.customReward, rollout, { model, reading, signal });
        return { groups, metrics: { ...statistics, custom: metrics } };
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
