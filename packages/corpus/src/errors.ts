const marker = Symbol.for('memtrain.corpus.error');

export type CorpusErrorCode =
  | 'no-file'
  | 'bad-bz2'
  | 'bad-compression'
  | 'bad-source'
  | 'not-supported'
  | 'bad-retriever'
  | 'not-a-dump'
  | 'truncated'
  | 'too-many-rejected'
  | 'corpus-too-small'
  | 'too-few-entities'
  | 'bad-tokenizer'
  | 'bad-model'
  | 'bad-entities'
  | 'bad-options'
  | 'disk-full'
  | 'aborted';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class CorpusError extends Error {
  readonly code: CorpusErrorCode;

  constructor(code: CorpusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CorpusError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is CorpusError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
