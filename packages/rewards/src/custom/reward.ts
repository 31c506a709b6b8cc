import type { Verifier } from '../verifiers/answer-match.ts';

/** A finished reading, as a reward sees it; what `@memtrain/agent` returns, with the gold answers. */
export interface RewardTrajectory {
  readonly id: string;
  readonly item: {
    readonly problem: string;
    /** The document as it was read; none for a search. */
    readonly chunks: readonly string[];
  };
  /** Memory after each step. */
  readonly memories: readonly string[];
  /** The answer taken out of the last reply; absent when it holds none. */
  readonly answer?: string;
  /** The whole last reply. */
  readonly answerText: string;
  /** Accepted answers. */
  readonly gold: readonly string[];
  /** R^I of the trajectory's recall answers (equation 1), when there were any. */
  readonly recallRewards?: readonly number[];
  /** Group that it is compared in; `normalise` works within it. */
  readonly group?: string;
}

/** What a reward may use beside the trajectory. */
export interface RewardContext {
  /** Decides whether an answer is right. */
  readonly verify: Verifier;
  /** Length of a text: tokens where the caller has a tokenizer, else characters. */
  readonly countTokens: (text: string) => number;
  /** Asks a judge model. Absent when there is none. */
  readonly ask?: (prompt: string, options: { readonly signal: AbortSignal }) => Promise<string>;
  /** Mean log-probability a token of an answer to the problem, given a memory. Absent when the policy cannot score. */
  readonly answerLogprob?: (request: AnswerLogprobRequest, options: { readonly signal: AbortSignal }) => Promise<number>;
  /** Aborted when the reward has run out of time, or is not wanted any more. */
  readonly signal: AbortSignal;
}

export interface AnswerLogprobRequest {
  readonly problem: string;
  readonly memory: string;
  readonly answer: string;
}

/** A number, or a number with further ones to be logged. All finite. */
export type RewardValue = number | { readonly reward: number; readonly metrics?: Readonly<Record<string, number>> };

/** A reward: any function of a trajectory. */
export type Reward = (trajectory: RewardTrajectory, context: RewardContext) => RewardValue | Promise<RewardValue>;

/** A reward that looks at many trajectories at once, and returns one value for each, in order. */
export interface BatchReward {
  readonly batch: (
    trajectories: readonly RewardTrajectory[],
    context: RewardContext,
  ) => readonly RewardValue[] | Promise<readonly RewardValue[]>;
}
