import { train } from '@memtrain/grpo';
import type { ResumePolicy, Rollout, RolloutContext, Schedule, StepRecord, TrainResult } from '@memtrain/grpo';
import type { AdamOptions, Learner } from '@memtrain/policy';
import type { ReportTrajectory } from '../report/report-data.ts';
import { RunRecorder } from '../run/run-recorder.ts';
import type { TrackioSender } from '../run/trackio.ts';
import type { TrainingSettings } from './training-settings.ts';

/** A task's rollout, and trajectories of it that a report may show. */
export interface TaskRollout extends Rollout {
  readonly samples?: readonly ReportTrajectory[];
}

export interface RunTrainingOptions {
  /** Starts from its current weights, or from the folder's last checkpoint. */
  readonly learner: Learner;
  readonly folder: string;
  readonly steps: number;
  readonly seed: number;
  /** The task. What it samples must follow from step, attempt and seed alone, so that a resumed run samples the same. */
  readonly rollout: (context: RolloutContext) => Promise<TaskRollout>;
  /** That the rollout samples at. */
  readonly temperature: number;
  readonly loss: TrainingSettings['loss'];
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

/** Updates on any task, into a run folder. Throws what task, trainer and learner throw. */
export async function runTraining(options: RunTrainingOptions): Promise<TrainResult> {
  const { learner, folder, temperature, onStep } = options;
  const recorder = new RunRecorder(folder, { now: options.now, trackio: options.trackio });
  try {
    return await train({
      learner,
      folder,
      steps: options.steps,
      seed: options.seed,
      loss: { ...options.loss, temperature },
      schedule: options.schedule,
      adam: options.adam,
      ...options.train,
      configuration: options.configuration,
      resume: options.resume,
      allowOtherConfiguration: options.allowOtherConfiguration ?? false,
      signal: options.signal,
      ...(options.reference && { reference: options.reference }),
      rollout: async (context) => {
        const { samples = [], ...rollout } = await options.rollout(context);
        await recorder.trajectories(context.step, samples);
        return rollout;
      },
      onStep: (record, timing) => {
        recorder.step(record, timing);
        onStep?.(record);
      },
    });
  } finally {
    recorder.close();
  }
}
