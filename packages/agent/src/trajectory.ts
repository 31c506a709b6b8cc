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

/** How a reading ended; `model-error`: a call failed, which says nothing about the policy. */
export type End = AnswerEnd | 'model-error';

/** One reading of one document: T = chunks + 1 steps, each a conversation of its own. */
export interface Trajectory {
  readonly id: string;
  readonly item: ReadItem;
  /** Memory after each chunk; shorter than the document when a call failed. */
  readonly memories: readonly string[];
  /** One a finished step; empty when the model shows no token ids. */
  readonly conversations: readonly Conversation[];
  readonly answer?: string;
  /** The whole last reply; empty when it was never made. */
  readonly answerText: string;
  readonly end: End;
  /** Why the call failed, when `end` is `model-error`. */
  readonly error?: Error;
  /** Number of memories that the token limit cut. */
  readonly truncatedMemories: number;
}
