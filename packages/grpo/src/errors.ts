const marker = Symbol.for('memtrain.grpo.error');

export type GrpoErrorCode =
  | 'bad-options'
  | 'bad-group'
  | 'bad-learner'
  | 'non-finite'
  | 'stale-samples'
  | 'alarm'
  | 'other-configuration'
  | 'no-checkpoint'
  | 'run-exists'
  | 'bad-checkpoint'
  | 'bad-metrics';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class GrpoError extends Error {
  readonly code: GrpoErrorCode;

  constructor(code: GrpoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GrpoError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is GrpoError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
