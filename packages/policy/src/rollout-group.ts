import type { Conversation } from './conversation.ts';

/** One attempt at a task, e.g. one reading or one recall answer: all its independent conversations share one reward (paper section 6). */
export interface RolloutTrajectory {
  /** What is maximised and the advantage is made of, shaping included: R^E (equation 2) or R^I (equation 1). */
  readonly reward: number;
  /** The verifier's verdict alone, without the coupling term; what the outcome filter looks at, e.g. 1 when the answer was right, else 0. */
  readonly outcome: number;
  /** Any number of conversations, each its own context; their tokens all get the trajectory's advantage. */
  readonly conversations: readonly Conversation[];
}

/** Attempts at the same task, compared only with each other: the G1 readings of one document, or the G2 answers to one recall. */
export interface RolloutGroup {
  /** Unique among the update's groups of this objective. Given by whoever samples, never read from data. */
  readonly id: string;
  /** Name of the task: `E` masked reconstruction, `I` intermediate memory recall, `QA` a question, or another. Statistics are kept apart by it. */
  readonly objective: string;
  readonly trajectories: readonly RolloutTrajectory[];
  /** Version of the weights that sampled it: how many updates they had had. Absent when they were the current ones. */
  readonly policyVersion?: number;
}
