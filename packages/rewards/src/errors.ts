const marker = Symbol.for('memtrain.rewards.error');

export type RewardErrorCode =
  | 'bad-options'
  /** A reward needs something that the context does not have. */
  | 'no-context'
  | 'reward-failed'
  | 'not-a-number'
  | 'wrong-count'
  | 'timeout'
  /** A judge's reply says neither yes nor no. */
  | 'bad-judgement'
  | 'bad-module';

export interface RewardErrorOptions extends ErrorOptions {
  readonly ids?: readonly string[];
}

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class RewardError extends Error {
  readonly code: RewardErrorCode;
  /** Trajectories that it is about: one, or those of a batch. */
  readonly ids: readonly string[];

  constructor(code: RewardErrorCode, message: string, options: RewardErrorOptions = {}) {
    super(message, options);
    this.name = 'RewardError';
    this.code = code;
    this.ids = options.ids ?? [];
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is RewardError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
