import type { Tokenizer } from '@memtrain/policy';

/** The worst case of byte-level tokenizers: every byte is a token, so most borders lie inside a character. */
export const bytes: Tokenizer = {
  vocabularySize: 256,
  endIds: [],
  padId: -1,
  encode: (text) => Int32Array.from(new TextEncoder().encode(text)),
  decode: (ids) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(Array.from(ids))),
};
