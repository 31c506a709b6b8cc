/** One message of a chat. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Why a completion ended: the model closed it, or the token budget ran out. */
export type Finish = 'stop' | 'length';

/**
 * One independent context: what the model was shown and what it said. Token ids are the ground truth; text is derived.
 * `completion` includes the end-of-sequence token when the model produced one.
 */
export interface Conversation {
  /** Token ids of the prompt, template and special tokens included. */
  readonly prompt: Int32Array;
  /** Token ids the model produced. */
  readonly completion: Int32Array;
  /** Natural-log probability of each completion token under the policy that sampled it; same length as `completion`. */
  readonly logprobs: Float32Array;
  readonly finish: Finish;
}

/** A conversation with everything the objective needs; what a `Learner` is trained on. */
export interface Datum extends Conversation {
  /** Advantage of every completion token: one number, or one per token. */
  readonly advantage: number | Float32Array;
  /** Log-probabilities of the completion tokens under the reference policy; required when the loss has a KL term. */
  readonly reference?: Float32Array;
  /** Factor of every completion token in the sum (normalisation lives here): one number, or one per token. */
  readonly weight: number | Float32Array;
}
