import type { ObjectiveOptions, Schedule, TrainOptions } from '@memtrain/grpo';
import type { AdamOptions } from '@memtrain/policy';
import type { TrainConfig } from '../config/train-config.ts';
import { mainObjective } from '../run/step-metrics.ts';

export interface TrainingSettings {
  readonly loss: Omit<ObjectiveOptions, 'temperature'>;
  readonly schedule: Schedule;
  readonly adam: Omit<AdamOptions, 'learningRate'>;
  readonly train: Pick<
    TrainOptions,
    'rewardKl' | 'advantage' | 'filter' | 'aggregation' | 'constantLength' | 'maskTruncated' | 'innerSteps' | 'minibatches'
  > &
    Pick<TrainOptions, 'recomputeOldLogprobs' | 'samplerCorrection' | 'maxStaleness' | 'refill' | 'refreshReferenceEvery'> &
    Pick<TrainOptions, 'checkpointEvery' | 'keepLast' | 'alarms' | 'best'>;
}

/** A run's configuration in the terms of `@memtrain/grpo`. */
export function trainingSettings(config: TrainConfig): TrainingSettings {
  const { clipLow, clipHigh, dualClip, surrogate, importance, kl, klEstimator, ...objective } = config.objective;
  const { learningRate: peak, schedule: kind, warmup, floor, ...adam } = config.optimizer;
  const { recomputeLogprobs, correctionCap, maxStaleness } = config.sampler;
  return {
    loss: { clipLow, clipHigh, ...(dualClip !== undefined && { dualClip }), surrogate, importance, kl, klEstimator },
    schedule: kind === 'constant' ? { kind, peak, warmup } : { kind, peak, warmup, steps: config.steps, floor },
    adam,
    train: {
      rewardKl: objective.rewardKl,
      advantage: objective.advantage,
      filter: objective.filter,
      aggregation: objective.aggregation,
      ...(objective.constantLength !== undefined && { constantLength: objective.constantLength }),
      maskTruncated: objective.maskTruncated,
      recomputeOldLogprobs: recomputeLogprobs,
      ...(correctionCap !== undefined && { samplerCorrection: { cap: correctionCap } }),
      maxStaleness,
      innerSteps: config.innerSteps,
      minibatches: config.minibatches,
      checkpointEvery: config.checkpointEvery,
      keepLast: config.keepLast,
      best: (record) => mainObjective(record)?.reward,
      ...(config.refill.attempts > 0 && { refill: config.refill }),
      ...(objective.refreshReferenceEvery > 0 && { refreshReferenceEvery: objective.refreshReferenceEvery }),
      ...(config.alarms !== 'off' && { alarms: { ...config.alarmThresholds, action: config.alarms } }),
    },
  };
}
