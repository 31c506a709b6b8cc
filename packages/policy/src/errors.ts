const marker = Symbol.for('memtrain.policy.error');

export type PolicyErrorCode = 'no-chat-template' | 'unknown-token' | 'bad-tokenizer-file' | 'script-exhausted' | 'bad-options';

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
