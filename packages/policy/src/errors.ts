const marker = Symbol.for('memtrain.policy.error');

export type PolicyErrorCode =
  | 'no-chat-template'
  | 'unknown-token'
  | 'bad-tokenizer-file'
  | 'script-exhausted'
  | 'not-recorded'
  | 'bad-options'
  | 'no-api-key'
  /** The endpoint refused the request, or could not be reached, after all retries. */
  | 'request-failed'
  | 'timeout'
  /** The endpoint's answer is not what its protocol promises. */
  | 'bad-response'
  /** Training needs token ids and log-probabilities, and the endpoint gave none. */
  | 'no-token-ids';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class PolicyError extends Error {
  readonly code: PolicyErrorCode;

  constructor(code: PolicyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PolicyError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is PolicyError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
