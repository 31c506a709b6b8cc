import type { AdamOptions, Learner, Model, RolloutGroup } from '@memtrain/policy';
import type { AdvantageKind } from './advantages.ts';
import type { Alarm, AlarmOptions } from './alarms.ts';
import type { Aggregation } from './build-data.ts';
import type { Json } from './configuration.ts';
import type { GroupFilter } from './filter-groups.ts';
import type { Schedule } from './learning-rate.ts';
import type { ObjectiveOptions } from './objective.ts';
import type { ObjectiveStatistics } from './statistics.ts';
import type { UpdateMetrics } from './update-policy.ts';

/** What a rollout is made from. */
export interface RolloutContext {
  /** The step being made, counted from 1. */
  readonly step: number;
  /** 0, or the number of the refill under way: take other tasks then. */
  readonly attempt: number;
  /** Updates that the current weights have had: what a group sampled from them may carry as its `policyVersion`. */
  readonly policyVersion: number;
  /** Seed of this step's sampling; derive every request's seed from it, so that a resumed run samples the same. */
  readonly seed: number;
  /** The current weights. */
  readonly model: Model;
  /** The run's signal. A rollout may throw once it is aborted: that stops the run cleanly. */
  readonly signal?: AbortSignal;
}

export interface Rollout {
  readonly groups: readonly RolloutGroup[];
  /** Plain JSON for the step's record; nothing that depends on time. */
  readonly metrics?: Readonly<Record<string, unknown>>;
}

/** The caller's own state (e.g. a place in a list of documents), kept in checkpoints as JSON. */
export interface CallerState {
  save(): Json;
  restore(state: Json): void | Promise<void>;
}

/** `auto`: continue when the folder has a checkpoint, else start over. `fresh` refuses a used folder, `required` one without checkpoint. */
export type ResumePolicy = 'auto' | 'fresh' | 'required';

export interface TrainOptions {
  readonly learner: Learner;
  readonly rollout: (context: RolloutContext) => Promise<Rollout>;
  /** The run folder; made when absent. One process at a time. */
  readonly folder: string;
  /** Steps of the whole run, those before a resume included. */
  readonly steps: number;
  readonly seed: number;
  readonly loss: ObjectiveOptions;
  /** Coefficient of a k1 penalty in the reward, beside or instead of that in the loss; see `penalizeRewards`. Default 0. */
  readonly rewardKl?: number;
  readonly schedule: Schedule;
  readonly adam?: Omit<AdamOptions, 'learningRate'>;
  /** Default `mean`. */
  readonly advantage?: AdvantageKind;
  /** Default `outcome`. */
  readonly filter?: GroupFilter;
  /** Rolls out again while fewer than `groups` groups pass the filter, at most `attempts` times a step. Off by default. */
  readonly refill?: { readonly groups: number; readonly attempts: number };
  /** Most updates between a group's `policyVersion` and the current weights. Default 0: on-policy. */
  readonly maxStaleness?: number;
  /** Default `conversationMean`. */
  readonly aggregation?: Aggregation;
  /** Needed by the aggregation `constant` alone. */
  readonly constantLength?: number;
  /** Trains on no conversation that was cut by its budget; see `BuildDataOptions`. Default false. */
  readonly maskTruncated?: boolean | undefined;
  /** Passes over each step's groups. Default 1. */
  readonly innerSteps?: number;
  /** Optimizer steps per pass, each on whole groups drawn at random and normalised over them. Default 1. */
  readonly minibatches?: number;
  /** Replaces the sampler's log-probabilities by the learner's before the update, for samplers that are not exact. Default false. */
  readonly recomputeOldLogprobs?: boolean;
  /** With `recomputeOldLogprobs`: weights each token's advantage by min(exp(learner - sampler), cap). Off by default. */
  readonly samplerCorrection?: { readonly cap: number };
  /** The reference policy, e.g. a frozen copy, or the model with its adapter off; needed when `loss.kl` or `rewardKl` is above 0. */
  readonly reference?: Pick<Learner, 'forward'> | Learner;
  /** Gives the reference, which must be a whole `Learner` of its own, the trained weights after every so many steps. Never by default. */
  readonly refreshReferenceEvery?: number;
  /** What made this run, as plain JSON: a checkpoint made with another is refused. */
  readonly configuration?: unknown;
  /** Steps between checkpoints; the last step always has one. Default 10. */
  readonly checkpointEvery?: number;
  /** Checkpoints kept. Default 2. */
  readonly keepLast?: number;
  /** How good a step was, higher is better: the checkpoint of the best such step is kept too, named by `checkpoints/best`. */
  readonly best?: (record: StepRecord) => number | undefined;
  /** Watches every step; off when absent. */
  readonly alarms?: AlarmOptions;
  /** Default `auto`. */
  readonly resume?: ResumePolicy;
  /** Continue from a checkpoint of another configuration all the same. Default false. */
  readonly allowOtherConfiguration?: boolean;
  readonly state?: CallerState;
  /** Called after a step is recorded, and saved where that is due. */
  readonly onStep?: (record: StepRecord, timing: StepTiming) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** One line of `metrics.jsonl`. */
export interface StepRecord extends Omit<UpdateMetrics, 'firstStepGap'> {
  /** Counted from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** No optimizer step was taken: the filter dropped all groups, or no advantage was left. */
  readonly skipped: boolean;
  readonly groups: number;
  /** Groups that passed the filter. */
  readonly kept: number;
  /** Conversations of the kept groups. */
  readonly conversations: number;
  /** Completion tokens of the kept groups. */
  readonly tokens: number;
  /** Completion tokens per conversation, dropped groups included. */
  readonly meanTokens: number;
  /** Share of repeated runs of four tokens, dropped groups included. */
  readonly repetition: number;
  /** Mean k3 estimate per token of the KL from the policy before the update to the reference; there when the loss or the reward has a KL term. */
  readonly referenceKl?: number;
  /** |learner - sampler| log-probability over tokens; there with `recomputeOldLogprobs`, or when the learner reports it. */
  readonly samplerMismatch?: { readonly mean: number; readonly largest: number };
  /** What the run has cost up to here. */
  readonly totals: RunTotals;
  /** Alarms set off; absent when none. */
  readonly alarms?: readonly Alarm[];
  /** By objective, dropped groups included. */
  readonly objectives: Readonly<Record<string, ObjectiveStatistics>>;
  /** The rollout's own metrics, and those of its refills. */
  readonly rollout: Json;
  readonly refills: readonly Json[];
}

/** One line of `timing.jsonl`: what depends on the machine. */
export interface StepTiming {
  readonly step: number;
  /** Seconds of sampling and rewards; of recomputed and reference log-probabilities; of gradients and optimizer steps. */
  readonly rollout: number;
  readonly logprobs: number;
  readonly update: number;
  /** Sampled tokens per second of the whole step. */
  readonly tokensPerSecond: number;
}

/** Sums since the run began, refills and dropped groups included; `trainedTokens` counts kept groups once, however many passes were made. */
export interface RunTotals {
  readonly conversations: number;
  readonly promptTokens: number;
  readonly sampledTokens: number;
  readonly trainedTokens: number;
}

export interface TrainResult {
  /** The signal ended the run before its last step. */
  readonly stopped: boolean;
  /** Steps completed. */
  readonly step: number;
  /** The step this call continued from; 0 for a new run. */
  readonly resumedFrom: number;
}
