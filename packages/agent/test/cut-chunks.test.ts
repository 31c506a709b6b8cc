import { describe, expect, test } from '@jest/globals';
import { AgentError, cutChunks, cutChunksByWords } from '@memtrain/agent';
import fc from 'fast-check';
import { bytes } from './byte-tokenizer.ts';
import { tokenizer as words, vocabulary } from './small-world.ts';

const wellFormed = (text: string): boolean => new TextDecoder().decode(new TextEncoder().encode(`x${text}`)) === `x${text}`;

describe('cutChunks', () => {
  test('chunks cover the text exactly and no border lies inside a character', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', 'é', 'ñ', '東', '🗼', 'e\u0301', '\n') });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 12 }), (source, size) => {
        const chunks = cutChunks(bytes, source, size);
        expect(chunks.join('')).toBe(source);
        for (const chunk of chunks) {
          expect(wellFormed(chunk)).toBe(true);
          expect(chunk).not.toMatch(/^\p{M}/u);
          expect(bytes.encode(chunk).length).toBeLessThanOrEqual(Math.max(size, 4));
        }
      }),
    );
  });

  test('covers any text, noise included', () => {
    // Any code points but halves of pairs; fast-check's own unit 'binary' takes seconds to set up.
    const noise = fc
      .array(fc.integer({ min: 0, max: 0x10ffff - 0x800 }).map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800)))
      .map((list) => list.join(''));
    fc.assert(
      fc.property(noise, fc.integer({ min: 1, max: 9 }), (source, size) => {
        expect(cutChunks(bytes, source, size).join('')).toBe(source);
      }),
    );
    const marks = `a${'\u0301'.repeat(200)}b${'\ufffd'.repeat(200)}c`;
    expect(cutChunks(bytes, marks, 7).join('')).toBe(marks);
  });

  test('a replacement character of the text itself is not taken for the end of half a character', () => {
    expect(cutChunks(bytes, 'ab\ufffdcd', 3)).toEqual(['ab', '\ufffdc', 'd']);
  });

  test('words: every chunk but the last has exactly the wanted number of tokens, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...vocabulary)), fc.integer({ min: 1, max: 9 }), (list, size) => {
        const chunks = cutChunks(words, list.join('  '), size).map((chunk) => chunk.trim().split(' '));
        expect(chunks.flat()).toEqual(list);
        for (const [index, chunk] of chunks.entries()) {
          expect(chunk.length).toBe(index < chunks.length - 1 ? size : list.length - size * (chunks.length - 1));
        }
      }),
    );
  });

  test('an empty text has no chunks; a size that is no positive integer is refused', () => {
    expect(cutChunks(words, '  ', 5)).toEqual([]);
    for (const size of [0, -1, 1.5, NaN]) expect(() => cutChunks(words, 'w0', size)).toThrow(AgentError);
  });
});

describe('cutChunksByWords', () => {
  test('chunks cover the text exactly, each with at most the wanted number of words', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', 'é') });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 5 }), (source, size) => {
        const chunks = cutChunksByWords(source, size);
        expect(chunks.join('')).toBe(source.trim() === '' ? '' : source);
        for (const chunk of chunks) expect(chunk.trim().split(/\s+/).length).toBeLessThanOrEqual(size);
      }),
    );
  });

  test('a script without spaces is cut by characters', () => {
    expect(cutChunksByWords('東京タワーは高い', 3)).toEqual(['東京タ', 'ワーは', '高い']);
  });
});
