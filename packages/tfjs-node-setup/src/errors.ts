const marker = Symbol.for('memtrain.tfjs-node-setup.error');

export type TensorFlowSetupErrorCode =
  | 'usage'
  | 'unsupported-platform'
  | 'missing-python'
  | 'missing-pip'
  | 'missing-npm'
  | 'missing-compiler'
  | 'missing-headers'
  | 'missing-tfjs-node'
  | 'missing-file'
  | 'no-space'
  | 'download-failed'
  | 'unknown-wheel'
  | 'wrong-checksum'
  | 'bad-wheel'
  | 'install-failed'
  | 'compile-failed'
  | 'load-failed'
  | 'not-set-up';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class TensorFlowSetupError extends Error {
  readonly code: TensorFlowSetupErrorCode;

  constructor(code: TensorFlowSetupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TensorFlowSetupError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is TensorFlowSetupError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
