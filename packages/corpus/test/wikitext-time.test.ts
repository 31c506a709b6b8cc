import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { wikitextToProse } from '../src/index.ts';
import { closingEnd, closingsOf, findClosingTag, nextIndex, tableEnd } from '../src/wikitext/closings.ts';

/** Units repeated to the wanted length, with what stands before and after them. */
const BROKEN: readonly (readonly [unit: string, after?: string, before?: string])[] = [
  ['<ref>'],
  ['<math>'],
  ['<nowiki>'],
  ['<gallery>'],
  ['<ref></b>'],
  ['<ref></ref '],
  ['<!--'],
  ['<sup>', '', 'a'.repeat(200_000)],
  ['{{'],
  ['{{a ', '}}'],
  ['{{{a'],
  ['{{{{a', '}}'],
  ['[['],
  ['[[a', ']]'],
  ['{|\n\n'],
  ['{|\n\n', '|}'],
  ['{|\n{{\n\n'],
  ['{{ ', '', '{|\n'],
  ["''a"],
  ['[http://a '],
  ['[http://a\n', ']'],
  ['[http://a ', '\n]'],
  [' ', '', '='],
  [' ', 'x', '= a'],
  ['= ', 'x', '=a'],
  [' ', '}}', '{{lang|en|'],
  [' ', ';:a]]', '[[aaa'],
  ['(', '|]]', '[['],
  [' ', 'b|]]', '[[a'],
  ['[[a]]  b'],
  ['\u2028', 'b', 'a'],
  ['( ,'],
];

function cpuMilliseconds(wikitext: string): number {
  const before = process.cpuUsage();
  wikitextToProse(wikitext);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('broken wikitext takes time in proportion to its length', () => {
  test.each(BROKEN)('%j', (unit, after = '', before = '') => {
    const times = [100_000, 400_000].map((length) => {
      const wikitext = before + unit.repeat(length / unit.length) + after;
      return Math.min(cpuMilliseconds(wikitext), cpuMilliseconds(wikitext));
    });
    expect(times[1]).toBeLessThan(1500);
    // Below 20 ms the clock decides.
    expect(times[1]! / Math.max(times[0]!, 20)).toBeLessThan(8);
  });

  test('nested brackets as deep as the page', () => {
    const times = [100_000, 400_000].map((length) => cpuMilliseconds('{{a'.repeat(length / 5) + '}}'.repeat(length / 5)));
    expect(times[1]! / Math.max(times[0]!, 20)).toBeLessThan(8);
  });

  test('a line of more links than a call takes arguments', () => {
    const [paragraph] = wikitextToProse(`a\n${'[[b]] '.repeat(200_000)}`).paragraphs;
    expect(paragraph!.links).toHaveLength(200_000);
  });
});

describe('what is remembered of unclosed constructs', () => {
  const broken = (marks: readonly string[]): fc.Arbitrary<string> =>
    fc.array(fc.constantFrom(...marks, 'a', ' '), { maxLength: 40 }).map((parts) => parts.join(''));

  test.each([
    ['{{', ['{', '}', '{{', '}}']],
    ['[[', ['[', ']', '[[', ']]']],
  ] as const)('%s closes where a search of its own finds it', (open, marks) => {
    fc.assert(
      fc.property(broken(marks), (source) => {
        // The unclosed one in front makes the first search fail.
        const text = `${open} ${source}`;
        const closings = closingsOf(text);
        for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, at + 1)) {
          const alone = closingEnd(closingsOf(text), at, open);
          expect([at, closingEnd(closings, at, open)]).toEqual([at, alone]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('tables outside templates close where a search of their own finds it', () => {
    fc.assert(
      fc.property(broken(['{|', '|}', '\n\n']), (source) => {
        const text = `{|\n${source}`;
        const closings = closingsOf(text);
        for (let at = 0; at >= 0; at = text.indexOf('{|', at + 1))
          expect([at, tableEnd(closings, at)]).toEqual([at, tableEnd(closingsOf(text), at)]);
      }),
    );
  });

  test('the next mark is that of indexOf, from wherever', () => {
    fc.assert(
      fc.property(broken([']', '\n']), fc.array(fc.nat(40)), (source, places) => {
        const closings = closingsOf(source);
        for (const from of places) expect(nextIndex(closings, ']', from)).toBe(source.indexOf(']', from));
      }),
    );
  });

  test('a tag that is not closed does not hide those of other names', () => {
    const closings = closingsOf('<ref><math></MATH > <ref>');
    expect(findClosingTag(closings, 5, 'ref')).toBeUndefined();
    expect(findClosingTag(closings, 11, 'math')).toEqual({ start: 11, end: 19 });
    expect(wikitextToProse('a<ref>b<math>c</math>d<nowiki>[[e]]</nowiki>').paragraphs[0]!.text).toBe('abd[[e]]');
  });
});

test.each([
  ['[[Mercury (planet)|]] and [[a (b) (c)|]], [[()|]][[d)|]]', 'Mercury and a (b), d)'],
  ['{{lang|en| x = y}}{{lang|en|1=a|2= b }} {{lang|=c|=d}}', 'b =d'],
])('%s', (wikitext, expected) => {
  expect(wikitextToProse(wikitext).paragraphs.map(({ text }) => text)).toEqual([expected]);
});
