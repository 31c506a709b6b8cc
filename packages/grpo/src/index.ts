// Every name here is public API: named exports only.
export { advantages } from './advantages.ts';
export type { AdvantageKind, AdvantagesOptions } from './advantages.ts';
export { alarmsOf } from './alarms.ts';
export type { Alarm, AlarmOptions, AlarmThresholds } from './alarms.ts';
export { buildData } from './build-data.ts';
export type { Aggregation, BuildDataOptions, BuiltData, UpdateStatistics } from './build-data.ts';
export { checkLearner } from './check-learner.ts';
export type { CheckLearnerOptions } from './check-learner.ts';
export { findCheckpoint } from './checkpoint.ts';
export type { Checkpoint, CheckpointState, RunProgress } from './checkpoint.ts';
export { configurationDifferences } from './configuration.ts';
export type { Json } from './configuration.ts';
export { forwardBackwardByCrossEntropy } from './cross-entropy-form.ts';
export { GrpoError } from './errors.ts';
export type { GrpoErrorCode } from './errors.ts';
export { filterGroups } from './filter-groups.ts';
export type { FilteredGroups, GroupFilter } from './filter-groups.ts';
export { truncatedImportanceWeights } from './importance-weights.ts';
export type { TruncatedImportanceWeightsOptions } from './importance-weights.ts';
export { learningRate } from './learning-rate.ts';
export type { Schedule } from './learning-rate.ts';
export { logRatioBound } from '@memtrain/policy';
export { objective } from './objective.ts';
export type { ObjectiveOptions, ObjectiveValue } from './objective.ts';
export { presets } from './presets.ts';
export type { PresetName, ReadingBudgets, SearchBudgets, TrainingPreset } from './presets.ts';
export { repetition } from './repetition.ts';
export type { KlEstimator, RolloutGroup, RolloutTrajectory } from '@memtrain/policy';
export type { ObjectiveStatistics } from './statistics.ts';
export type {
  CallerState,
  ResumePolicy,
  Rollout,
  RolloutContext,
  RunTotals,
  StepRecord,
  StepTiming,
  TrainOptions,
  TrainResult,
} from './train-options.ts';
export { train } from './train.ts';
export type { UpdateMetrics } from './update-policy.ts';
