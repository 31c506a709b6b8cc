import { describe, expect, test } from '@jest/globals';
import { tinyTokenizer } from '@memtrain/policy/test';
import fc from 'fast-check';
import { middleCut } from '../src/agents/middle-cut.ts';

const tokenizer = tinyTokenizer();
const words = (from: number, to: number): string => Array.from({ length: to - from }, (_, index) => `w${from + index} `).join('');

describe('the cut of a text that is too long for a window', () => {
  test('keeps half of the tokens from the beginning and half from the end', () => {
    expect(middleCut('0123456789', 6, tokenizer)).toBe('012789');
    expect(middleCut('0123456789', 7, tokenizer)).toBe('012789');
    expect(middleCut('0123456789', 10, tokenizer)).toBe('0123456789');
    expect(middleCut('0123456789', 1, tokenizer)).toBe('0');
    // By words, 3/4 of a word a token.
    expect(middleCut(words(0, 100), 16)).toBe(words(0, 6) + words(94, 100));
  });

  test('is a beginning and an end of the text, never longer than asked for, and as long as it can be', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 200 });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 60 }), (all, tokens) => {
        const cut = middleCut(all, tokens, tokenizer);
        const half = Math.floor(tokens / 2);
        expect(cut).toBe(all.length <= tokens ? all : all.slice(0, half) + all.slice(all.length - half));
      }),
    );
  });
});
