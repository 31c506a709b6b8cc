import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildIndex, related } from '../src/index.ts';

const passages = [
  { title: 'Whales', text: 'The blue whale eats krill in the ocean.' },
  { title: 'Ships', text: 'Steel ships cross the ocean.' },
  { title: 'Bread', text: 'Rye bread with salt.' },
  { title: 'Krill', text: 'Krill, krill, krill: food of the whale.' },
];

describe('related', () => {
  test('ranks by BM25, leaves out what shares no term and what is excluded', () => {
    const index = buildIndex(passages);
    expect(related(index, 'whale krill', { count: 4 }).map((hit) => hit.passage)).toEqual([3, 0]);
    expect(related(index, 'whale krill', { count: 4, exclude: new Set([3]) }).map((hit) => hit.passage)).toEqual([0]);
    expect(related(index, 'the of in', { count: 4 })).toEqual([]);
    expect(related(index, 'whale', { count: 0 })).toEqual([]);
  });

  test('the score is the BM25 formula', () => {
    const index = buildIndex([
      { title: 'x', text: 'apple apple pear' },
      { title: 'x', text: 'plum' },
      { title: 'x', text: 'plum pear' },
    ]);
    // Lengths with titles 4, 2, 3: mean 3. One of three passages holds apple, twice.
    const expected = (Math.log(1 + 2.5 / 1.5) * 2 * 2.2) / (2 + 1.2 * (0.25 + (0.75 * 4) / 3));
    const [hit] = related(index, 'apple', { count: 1 });
    expect(hit!.score).toBeCloseTo(expected, 5);
  });

  test('the top of any list is the list of more, ties in order of number', () => {
    const word = fc.constantFrom('a1', 'b2', 'c3', 'd4', 'e5');
    const texts = fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(texts, fc.array(word, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 30 }), (lists, query, count) => {
        const index = buildIndex(lists.map((list) => ({ title: '', text: list.join(' ') })));
        const all = related(index, query.join(' '), { count: 1000 });
        expect(all.toSorted((a, b) => b.score - a.score || a.passage - b.passage)).toEqual(all);
        expect(related(index, query.join(' '), { count })).toEqual(all.slice(0, count));
        expect(all.map((hit) => hit.passage).toSorted((a, b) => a - b)).toEqual(
          lists.flatMap((list, i) => (list.some((own) => query.includes(own)) ? [i] : [])),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('refuses impossible parameters', () => {
    expect(() => buildIndex([], { b: 2 })).toThrow(expect.objectContaining({ code: 'bad-options' }));
  });
});
