const marker = Symbol.for('memtrain.memtrain.error');

export type MemtrainErrorCode =
  | 'usage'
  | 'no-file'
  | 'bad-file'
  | 'bad-config'
  | 'bad-options'
  | 'run-exists'
  | 'other-config'
  | 'not-available'
  | 'interrupted';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class MemtrainError extends Error {
  readonly code: MemtrainErrorCode;

  constructor(code: MemtrainErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MemtrainError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is MemtrainError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
