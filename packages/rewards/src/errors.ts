const marker = Symbol.for('memtrain.rewards.error');

export type RewardErrorCode = 'bad-options';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class RewardError extends Error {
  readonly code: RewardErrorCode;

  constructor(code: RewardErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RewardError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is RewardError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
