import type { Conversation } from '@memtrain/policy';

/** What one reading, or one recall answer, earned. */
export interface RolloutTrajectory {
  /** What the advantage is made of: R^E (equation 2) or R^I (equation 1). */
  readonly reward: number;
  /** The verifier's verdict alone, without the coupling term. */
  readonly outcome: number;
  /** Every step, each trained on as a conversation of its own. */
  readonly conversations: readonly Conversation[];
}

/** Trajectories whose rewards are compared with each other: the G1 readings of one document, or the G2 answers to one recall. */
export interface RolloutGroup {
  /** Unique within a rollout, assigned here and never read from the data. */
  readonly id: string;
  /** `E` masked reconstruction, `I` intermediate memory recall, `QA` a document with its own question. */
  readonly objective: string;
  readonly trajectories: readonly RolloutTrajectory[];
}
