import type { DataFile, MetricName } from '../items/benchmark-item.ts';
import type { GroupSummary } from './summarize.ts';

/** Which model was asked. */
export interface ModelIdentity {
  readonly name: string;
  /** Revision, checkpoint or hash of its weights, as far as known. */
  readonly revision?: string;
}

/** An answer that could not be had; it counts as wrong. */
export interface FailedAnswer {
  readonly item: string;
  readonly sample: number;
  readonly error: string;
}

/** Results of one agent or control. */
export interface ArmResult {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** SHA-256 of the prompts' wording. */
  readonly promptHash: string;
  readonly groups: readonly GroupSummary[];
  /** All groups together, each question counting alike. */
  readonly total: GroupSummary;
  readonly failed: readonly FailedAnswer[];
  /** Questions that the arm cannot answer, left out. */
  readonly skipped: number;
  /** Answers taken over from an earlier, interrupted run. */
  readonly reused: number;
  /** Scores of each question, for paired tests. */
  readonly scores: Readonly<Record<string, Readonly<Partial<Record<MetricName, number>>>>>;
}

/** Everything that an evaluation found, and what it was found with. Plain JSON. */
export interface EvaluationResult {
  readonly format: 1;
  readonly benchmark: string;
  /** The verifier whose numbers are the headline. */
  readonly verifier: MetricName;
  readonly corpusHash: string;
  readonly files: readonly DataFile[];
  readonly model: ModelIdentity;
  readonly sampling: { readonly samples: number; readonly temperature: number; readonly topP: number; readonly seed: number };
  readonly arms: readonly ArmResult[];
}
