import type { Conversation } from '@memtrain/policy';
import type { AnswerEnd, FailedEnd } from '../read/trajectory.ts';

/** One question to be answered by searching. */
export interface SearchItem {
  readonly id: string;
  readonly question: string;
  /** All sampling of this trajectory derives from it. */
  readonly seed: number;
}

/** How a search ended; `turns`: the last turn gave no answer; `no-answer`: a reply held no valid action. */
export type SearchEnd = AnswerEnd | 'turns' | 'retriever-error' | FailedEnd;

/** One turn: a conversation of its own. */
export interface SearchTurn {
  /** The reply up to the end of its action. */
  readonly reply: string;
  readonly state?: string;
  readonly query?: string;
  /** What the next turn was shown for it. */
  readonly information?: string;
}

/** One search. */
export interface SearchTrajectory {
  readonly id: string;
  readonly item: SearchItem;
  readonly turns: readonly SearchTurn[];
  /** One a turn; empty when the model shows no token ids. */
  readonly conversations: readonly Conversation[];
  readonly answer?: string;
  readonly end: SearchEnd;
  /** What went wrong, when `end` is a `FailedEnd` or `retriever-error`. */
  readonly error?: Error;
}
