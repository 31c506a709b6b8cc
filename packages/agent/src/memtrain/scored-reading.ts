import type { RecallAnswer } from './answer-recalls.ts';
import type { Recall } from './draw-recalls.ts';
import type { Trajectory } from '../read/trajectory.ts';

/** A document to be read by G1 trajectories. */
export interface RolloutDocument {
  readonly id: string;
  readonly chunks: readonly string[];
  /** Accepted answers; never shown, and never drawn as a recall target. */
  readonly gold: readonly string[];
  /** Its own question; without one the template's fixed question of masked reconstruction is asked. */
  readonly problem?: string;
  /** Default `QA` with a problem of its own, else `E`. Recalls are drawn for `E` only. */
  readonly objective?: 'E' | 'QA';
}

/** A recall with its scored answers. */
export interface ScoredRecall {
  readonly recall: Recall;
  /** A failed call has reward 0, but is neither trained on nor coupled. */
  readonly answers: readonly (RecallAnswer & { readonly reward: number })[];
}

/** A reading with what it earned; one that failed has reward and outcome 0 and is in no group. */
export interface ScoredReading {
  readonly document: RolloutDocument;
  readonly groupId: string;
  readonly objective: 'E' | 'QA';
  readonly trajectory: Trajectory;
  readonly reward: number;
  readonly outcome: number;
  readonly recall?: ScoredRecall;
}
