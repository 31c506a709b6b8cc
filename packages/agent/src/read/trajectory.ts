import type { Conversation } from '@memtrain/policy';

/** One document to be read once. */
export interface ReadItem {
  readonly id: string;
  /** The document, cut; none at all asks for an answer from the empty memory (a probe of what the model knows already). */
  readonly chunks: readonly string[];
  readonly problem: string;
  /** All sampling of this trajectory derives from it. */
  readonly seed: number;
}

/** How a reply ended: `answered`; `no-answer` (it holds none); `length` (it holds none and was cut by the token limit). */
export type AnswerEnd = 'answered' | 'no-answer' | 'length';

/**
 * Ends that say nothing about the policy: `model-error` (a call failed), `template-error` (a function of the template threw), `cancelled`.
 * They are in no group, and count as wrong in accuracies.
 */
export type FailedEnd = 'model-error' | 'template-error' | 'cancelled';

/** How a reading ended; `bad-memory`: a memory was cut or empty, where the options say `fail`. */
export type End = AnswerEnd | 'bad-memory' | FailedEnd;

/** True for an end that says nothing about the policy. */
export function isFailedEnd(end: string): end is FailedEnd {
  return end === 'model-error' || end === 'template-error' || end === 'cancelled';
}

/** One reading of one document: T = chunks + 1 steps, each a conversation of its own. */
export interface Trajectory {
  readonly id: string;
  readonly item: ReadItem;
  /** Memory after each chunk; shorter than the document when the reading ended early. */
  readonly memories: readonly string[];
  /** One a finished step; empty when the model shows no token ids. */
  readonly conversations: readonly Conversation[];
  readonly answer?: string;
  /** The whole last reply; empty when it was never made. */
  readonly answerText: string;
  readonly end: End;
  /** What went wrong, when `end` is a `FailedEnd`. */
  readonly error?: Error;
  /** Number of memories that the token limit cut, whatever became of them. */
  readonly truncatedMemories: number;
}
