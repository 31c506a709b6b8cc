import { countPromptTokens } from '@memtrain/policy';
import type { Model } from '@memtrain/policy';
import { promptOf } from '../schedule/complete-all.ts';
import { cutChunks, cutChunksByWords } from './cut-chunks.ts';

/** Measures and cuts text in a model's tokens; without a tokenizer in words, 3/4 of a token each: an estimate for English. */
export interface TokenCutter {
  readonly exact: boolean;
  cut(text: string, tokens: number): string[];
  count(text: string): number;
  /** Tokens of a prompt, chat template and special tokens included. */
  countPrompt(template: { readonly chat: boolean }, text: string): number;
}

/** Beginning of a chat's and of a message's markup, when nothing better is known. */
const guessedMarkup = 16;

export function tokenCutter(model: Pick<Model, 'tokenizer'>): TokenCutter {
  const { tokenizer } = model;
  if (tokenizer) {
    return {
      exact: true,
      cut: (text, tokens) => cutChunks(tokenizer, text, tokens),
      count: (text) => tokenizer.encode(text).length,
      countPrompt: (template, text) => countPromptTokens(promptOf(template, text), tokenizer),
    };
  }
  const words = (text: string): number => Math.ceil(cutChunksByWords(text, 1).length / 0.75);
  return {
    exact: false,
    cut: (text, tokens) => cutChunksByWords(text, Math.max(1, Math.floor(tokens * 0.75))),
    count: words,
    countPrompt: (template, text) => words(text) + (template.chat ? guessedMarkup : 0),
  };
}
