import { describe, expect, test } from '@jest/globals';
import {
  boxedExactMatch,
  exactMatch,
  f1,
  lastBoxed,
  normalizeAnswer,
  strictBoxedMatch,
  subExactMatch,
  verifiers,
  wordSubExactMatch,
} from '@memtrain/rewards';
import fc from 'fast-check';

describe('lastBoxed', () => {
  test.each([
    ['no box', 'the answer is 4', undefined],
    ['empty text', '', undefined],
    ['empty box', 'so \\boxed{}', ''],
    ['plain', 'so \\boxed{Paris}.', 'Paris'],
    ['spaces', '\\boxed { Paris }', 'Paris'],
    ['several boxes: the last', '\\boxed{Rome} or rather \\boxed{Paris}', 'Paris'],
    ['nested braces', '\\boxed{a{b}{c{d}}e} f}', 'a{b}{c{d}}e'],
    ['nested box: the inner one', '\\boxed{\\boxed{Paris}}', 'Paris'],
    ['escaped braces are characters', '\\boxed{\\{x\\}}', '\\{x\\}'],
    ['unclosed', '\\boxed{Paris', undefined],
    ['unclosed after a closed one', '\\boxed{Rome} \\boxed{Par', undefined],
    ['too many closing braces', '\\boxed{Paris}}}', 'Paris'],
    ['double braces of a literal template', '\\boxed{{Paris}}', '{Paris}'],
    ['backslash at the end', '\\boxed{Paris\\', undefined],
    ['unicode', '\\boxed{東京 🗼}', '東京 🗼'],
  ])('%s', (_name, text, expected) => {
    expect(lastBoxed(text)).toBe(expected);
  });

  test('finds any content without backslashes and braces, whatever stands around it', () => {
    const free = fc.string({ unit: 'grapheme' }).filter((text) => !/[\\{}]/.test(text));
    fc.assert(
      fc.property(free, free, free, (before, content, after) => {
        expect(lastBoxed(`${before}\\boxed{${content}}${after}`)).toBe(content.trim());
      }),
    );
  });
});

describe('boxes in hostile text', () => {
  const large = 10_000_000;
  test.each([
    ['no box', 'x'.repeat(large), undefined],
    ['braces without a box', '{'.repeat(large), undefined],
    ['a box that never closes', `\\boxed{${'{'.repeat(large)}`, undefined],
    ['a million boxes that never close', '\\boxed{'.repeat(large / 7), undefined],
    ['a million boxes without braces', '\\boxed '.repeat(large / 7), undefined],
    ['spaces after a box without braces', `\\boxed${' '.repeat(large)}`, undefined],
    ['deep nesting', `\\boxed{${'{'.repeat(large / 2)}${'}'.repeat(large / 2)}}`, large],
    ['backslashes', `\\boxed{${'\\'.repeat(large)}}`, large],
  ])('10 MB of %s take linear time', (_name, text, length) => {
    const began = performance.now();
    expect(lastBoxed(text)?.length).toBe(length);
    strictBoxedMatch(text, ['Paris']);
    // Quadratic time would be hours.
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test('any text at all gives a score of 0 or 1, never an error', () => {
    const pieces = fc.constantFrom(
      '\\boxed',
      '\\fbox',
      '{',
      '}',
      '\\',
      ' ',
      '\n',
      '\\frac',
      '\\sqrt',
      '\\text{ ',
      '=',
      '/',
      '.',
      '1',
      'a',
      '🗼',
      '\ud800',
    );
    const text = fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (prediction, gold) => {
        expect([0, 1]).toContain(strictBoxedMatch(prediction, [gold]));
        expect([0, 1]).toContain(boxedExactMatch(prediction, [gold]));
      }),
      { numRuns: 1000 },
    );
  });

  test('what is right in the strict box is right whatever stands around it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9 ]{1,30}$/), fc.stringMatching(/^[a-z{} ]{0,400}$/), (answer, before) => {
        fc.pre(answer.trim() !== '');
        expect(strictBoxedMatch(`${before}\\boxed{${answer}}.`, [answer.toUpperCase()])).toBe(1);
      }),
    );
  });
});

test.each(Object.entries(verifiers))('%s: an empty prediction never scores, and every score lies in [0, 1]', (_name, verify) => {
  for (const empty of ['', ' ', '\n\t', '\\boxed{}', '\\boxed{ }', '\\fbox{}']) {
    for (const gold of [[''], [' '], ['Paris'], [], ['', 'Paris']]) expect(verify(empty, gold)).toBe(0);
  }
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string(), { maxLength: 3 }), (text, gold) => {
      const score = verify(text, gold);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
    }),
  );
});

test('naming both candidates never scores where the match is exact', () => {
  for (const list of ['Paris or Rome', 'Paris and Rome', 'Paris, Rome', 'Paris/Rome', 'Rome; Paris', '{Paris, Rome}']) {
    expect(exactMatch(list, ['Paris', 'Rome'])).toBe(0);
    expect(boxedExactMatch(`\\boxed{${list}}`, ['Paris', 'Rome'])).toBe(0);
    expect(strictBoxedMatch(`\\boxed{${list}}`, ['Paris', 'Rome'])).toBe(0);
  }
});

describe('normalizeAnswer', () => {
  test.each([
    ['The Beatles', 'beatles'],
    ['  an   Apple\ta day ', 'apple day'],
    ['U.S.A.', 'usa'],
    ['the', ''],
    ['...', ''],
    ['España', 'españa'],
    ['Málaga', 'málaga'],
    ['Anna and Theo', 'anna and theo'],
    ['rock-n-roll', 'rocknroll'],
    ['Cafe\u0301', 'caf\u00e9'],
    ['1,024', '1024'],
  ])('%j becomes %j', (text, expected) => {
    expect(normalizeAnswer(text)).toBe(expected);
  });

  test('has no white space to collapse and no punctuation left', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(normalizeAnswer(text)).not.toMatch(/^\s|\s$|\s\s|[!-/:-@[-`{-~]/);
      }),
    );
  });
});

describe('verifiers on one gold table', () => {
  // answer, gold, exact, contained as words, F1
  test.each<[string, string[], number, number, number]>([
    ['The Beatles', ['Beatles'], 1, 1, 1],
    ['paris.', ['Rome', 'Paris'], 1, 1, 1],
    ['Paris or London', ['Paris'], 0, 1, 0.5],
    ['Paris', ['Paris, France'], 0, 0, 2 / 3],
    ['', ['Paris'], 0, 0, 0],
    ['', [''], 0, 0, 0],
    ['the', ['a'], 0, 0, 0],
    ['.', ['Paris'], 0, 0, 0],
    ['Paris', [], 0, 0, 0],
    ['Nolan', ['no'], 0, 0, 0],
    ['no', ['Nolan'], 0, 0, 0],
    ['no way', ['no'], 0, 1, 0],
    ['newyork', ['New York'], 0, 0, 0],
    ['New York New York', ['New York'], 0, 1, 2 / 3],
    ['ESPAÑA', ['España'], 1, 1, 1],
    ['Cafe\u0301', ['Caf\u00e9'], 1, 1, 1],
    ['答えは東京です', ['東京'], 0, 1, 4 / 9],
    ['ph12', ['ph1'], 0, 0, 0],
  ])('%j against %j', (answer, gold, exact, contained, overlap) => {
    expect(exactMatch(answer, gold)).toBe(exact);
    expect(wordSubExactMatch(answer, gold)).toBe(contained);
    expect(f1(answer, gold)).toBeCloseTo(overlap, 12);
  });

  test('an exact match is also contained and has F1 1', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(exactMatch(text, [text]) === 1);
        expect(subExactMatch(text, [text])).toBe(1);
        expect(wordSubExactMatch(text, [text])).toBe(1);
        expect(f1(text, [text])).toBe(1);
      }),
    );
  });

  test('F1 is symmetric and lies in [0, 1]', () => {
    const words = fc.array(fc.constantFrom('red', 'blue', 'green', 'no'), { maxLength: 6 }).map((list) => list.join(' '));
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(f1(a, [b])).toBeCloseTo(f1(b, [a]), 12);
        expect(f1(a, [b])).toBeGreaterThanOrEqual(0);
        expect(f1(a, [b])).toBeLessThanOrEqual(1);
      }),
    );
  });
});

test.each([
  ['I think \\boxed{The Beatles}', 1],
  ['the answer is Beatles', 0],
  ['\\boxed{Beatles} no: \\boxed{Stones}', 0],
  ['\\boxed{Beatles', 0],
  ['\\boxed{}', 0],
  ['\\boxed{Beatles or Stones}', 0],
])('boxedExactMatch of %j is %d', (text, expected) => {
  expect(boxedExactMatch(text, ['Beatles'])).toBe(expected);
});
