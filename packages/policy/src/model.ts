import type { Conversation, Finish, Message } from './conversation.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What to complete: ready token ids, plain text, or a chat that the model's template renders. */
export type Prompt = Int32Array | string | readonly Message[];

/** One completion to be made. */
export interface Request {
  readonly prompt: Prompt;
  /** Seed of this request's own generator: a completion does not depend on what else is in the batch. */
  readonly seed: number;
  /** Most tokens to generate; overrides the options' value. So do the four below. */
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
}

/** How to sample. */
export interface SamplingOptions {
  /** Most tokens of a completion (end-of-sequence token included). */
  readonly maxTokens: number;
  /** Divides the logits; 0 means greedy. Default 1. Reported log-probabilities are those of the tempered distribution (of the plain one when 0). */
  readonly temperature?: number;
  /**
   * Only the `topK` likeliest tokens may be drawn; 0, the default, means all. Reported log-probabilities are those of the renormalised
   * distribution that was sampled from, so train on truncated samples only with recomputed log-probabilities.
   */
  readonly topK?: number;
  /** Only the smallest set of likeliest tokens whose mass reaches `topP` may be drawn, after `topK`. Default 1: all. */
  readonly topP?: number;
  /** A completion ends, with finish `stop`, once its text holds one of these; the text is cut before it, the token ids are kept whole. */
  readonly stop?: readonly string[];
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
  /** Natural-log probability of each conversation's completion tokens at temperature 1. Absent when the model cannot score given text. */
  logprobs?(
    conversations: readonly Pick<Conversation, 'prompt' | 'completion'>[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<Float32Array[]>;
}
