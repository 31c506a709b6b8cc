const marker = Symbol.for('memtrain.benchmarks.error');

/**
 * - `bad-options`: the call cannot work as asked; thrown before any work.
 * - `no-file`: a file of data is missing; the message says which one to put where.
 * - `bad-data`: a file is not what its benchmark's format promises; the message names file, place and field.
 * - `download-failed`: a file could not be fetched, or is not what the server announced.
 * - `other-run`: a results file belongs to another run, or two results cannot be compared.
 */
export type BenchmarkErrorCode = 'bad-options' | 'no-file' | 'bad-data' | 'download-failed' | 'other-run';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class BenchmarkError extends Error {
  readonly code: BenchmarkErrorCode;

  constructor(code: BenchmarkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BenchmarkError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is BenchmarkError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
