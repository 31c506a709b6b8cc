const marker = Symbol.for('memtrain.lm.error');

export type LanguageModelErrorCode =
  | 'bad-configuration'
  | 'bad-safetensors'
  | 'missing-tensor'
  | 'unexpected-tensor'
  | 'wrong-shape'
  | 'bad-checkpoint'
  | 'bad-adapter'
  | 'no-adapter'
  | 'prompt-too-long'
  | 'bad-request'
  | 'bad-datum'
  | 'not-finite'
  | 'missing-executor'
  | 'unsupported-kernel'
  | 'disposed';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class LanguageModelError extends Error {
  readonly code: LanguageModelErrorCode;

  constructor(code: LanguageModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LanguageModelError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is LanguageModelError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
