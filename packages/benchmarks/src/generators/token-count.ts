import type { Tokenizer } from '@memtrain/policy';

/** Length of a text in tokens. */
export type CountTokens = (text: string) => number;

/** A tokenizer's count, or without one a token for every four characters: an estimate for English. */
export function tokenCount(tokenizer?: Tokenizer): CountTokens {
  return tokenizer ? (text) => tokenizer.encode(text).length : (text) => Math.ceil(text.length / 4);
}

/** `4096`, `7k`, `1.75M`: as a number of tokens (k: thousands). */
export function parseLength(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(k|M)?$/.exec(text.trim());
  const unit = match?.[2] === 'M' ? 1e6 : match?.[2] === 'k' ? 1e3 : 1;
  return match ? Math.round(Number(match[1]) * unit) : NaN;
}
