/** What this package needs of a tokenizer; those of `@memtrain/policy` fit. */
export interface Encoder {
  /** Ids of the text alone, without tokens that start or end a sequence. */
  encode(text: string): ArrayLike<number>;
}

/** Counts the tokens of texts. */
export interface TokenCounter {
  /** Where the counts come from, for manifests: `tokenizer`, `byte-level-bpe`, `estimate`. */
  readonly name: string;
  /** False for an estimate. */
  readonly exact: boolean;
  count(text: string): number;
}

/** Counts with a tokenizer that is passed in. */
export function tokenCounterOf(tokenizer: Encoder, name: string = 'tokenizer'): TokenCounter {
  return { name, exact: true, count: (text) => tokenizer.encode(text).length };
}

/**
 * Counts without a tokenizer: 4 bytes of UTF-8 a token, a little more than byte-pair encodings of today's models give English prose
 * (4.3 bytes with Qwen3's).
 */
export function estimatedTokenCounter(): TokenCounter {
  return { name: 'estimate', exact: false, count: (text) => Math.ceil(Buffer.byteLength(text) / 4) };
}
