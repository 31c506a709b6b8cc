import type { Conversation, Finish, Message } from './conversation.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What to complete: ready token ids, plain text, or a chat that the model's template renders. */
export type Prompt = Int32Array | string | readonly Message[];

/** One completion to be made. */
export interface Request {
  readonly prompt: Prompt;
  /** Seed of this request's own generator: a completion does not depend on what else is in the batch. */
  readonly seed: number;
  /** Most tokens to generate; overrides the options' value. */
  readonly maxTokens?: number;
}

/** How to sample. */
export interface SamplingOptions {
  /** Most tokens of a completion (end-of-sequence token included). */
  readonly maxTokens: number;
  /** Divides the logits; 0 means greedy. Default 1. Reported log-probabilities are those of the tempered distribution (of the plain one when 0). */
  readonly temperature?: number;
  readonly signal?: AbortSignal;
}

/** A finished request. `prompt` and `completion` are absent only for endpoints that never show token ids. */
export interface Completion {
  readonly text: string;
  readonly finish: Finish;
  /** Present when the model works on token ids; needed for training. */
  readonly conversation?: Conversation;
}

/** A request that could not be completed. It is data, so that one failure never takes a batch down. */
export interface Failure {
  readonly error: Error;
}

/** A result with the position of its request; results may come in any order. */
export type Indexed<T> = T & { readonly index: number };

/** Something that can be asked. */
export interface Model {
  /** Absent only for plain chat endpoints. */
  readonly tokenizer?: Tokenizer;
  /** Yields every request's result exactly once, in any order. Throws only for a wrong call (bad options), never for a failed request. */
  complete(requests: readonly Request[], options: SamplingOptions): AsyncIterable<Indexed<Completion | Failure>>;
}
