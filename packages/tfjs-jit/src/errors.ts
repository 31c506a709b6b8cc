const marker = Symbol.for('memtrain.tfjs-jit.error');

export type TfjsJitErrorCode =
  | 'unsupported-kernel'
  | 'data-dependent-read'
  | 'bad-function'
  | 'bad-input'
  | 'model-too-large'
  | 'provider-unavailable'
  | 'disposed';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class TfjsJitError extends Error {
  readonly code: TfjsJitErrorCode;

  constructor(code: TfjsJitErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TfjsJitError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is TfjsJitError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
