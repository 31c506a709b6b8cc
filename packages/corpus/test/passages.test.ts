import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countWords, cutPassages, sentences } from '../src/index.ts';
import type { Paragraph } from '../src/index.ts';

const paragraph = (text: string, isListItem = false): Paragraph => ({ heading: '', text, links: [], isListItem });
const article = (paragraphs: readonly Paragraph[]) => ({ title: 'T', pageId: 7, revisionId: 70, paragraphs });
const words = (n: number): string => `W${' w'.repeat(n - 2)} end.`;

describe('sentences', () => {
  const cut = (text: string): string[] => sentences(text).map(({ start, end }) => text.slice(start, end));
  test('ends at full stops before a capital, not at initials and abbreviations', () => {
    expect(cut('J. S. Bach met Dr. Who in the U.S. Senate. "Really?" Yes (c. 1720). 24 came.')).toEqual([
      'J. S. Bach met Dr. Who in the U.S. Senate.',
      '"Really?"',
      'Yes (c. 1720).',
      '24 came.',
    ]);
  });
  test('ends at ideographic full stops', () => {
    expect(cut('東京。大阪。')).toEqual(['東京。', '大阪。']);
  });
});

describe('cutPassages', () => {
  test('every passage has the words asked for, from whole sentences in order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 3, max: 220 }), { minLength: 1, maxLength: 6 }), { maxLength: 8 }), (lengths) => {
        const paragraphs = lengths.map((own) => paragraph(own.map(words).join(' ')));
        const whole = paragraphs.map((own) => own.text).join(' ');
        let from = 0;
        for (const passage of cutPassages(article(paragraphs))) {
          const n = countWords(passage.text);
          expect(n).toBeGreaterThanOrEqual(140);
          expect(n).toBeLessThanOrEqual(180);
          expect(passage.text).toMatch(/^W.*end\.$/s);
          const at = whole.indexOf(passage.text, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + passage.text.length;
        }
      }),
      { numRuns: 100 },
    );
  });

  test('prefers the end of a paragraph, leaves out lists and a short rest', () => {
    const passages = cutPassages(article([paragraph(`${words(145)} ${words(15)}`), paragraph(words(150), true), paragraph(words(100))]));
    expect(passages.map((passage) => countWords(passage.text))).toEqual([160]);
    expect(passages[0]).toMatchObject({ title: 'T', pageId: 7, revisionId: 70 });
  });

  test('moves links along', () => {
    const first = { ...paragraph('Alpha beta.'), links: [{ start: 6, end: 10, target: 'B' }] };
    const second = { ...paragraph('One two. Gamma delta.'), links: [{ start: 9, end: 14, target: 'G' }] };
    const [passage] = cutPassages(article([first, second]), { minWords: 6, maxWords: 6 });
    expect(passage!.text).toBe('Alpha beta. One two. Gamma delta.');
    expect(passage!.links.map((link) => passage!.text.slice(link.start, link.end))).toEqual(['beta', 'Gamma']);
  });

  test('refuses a range that is none', () => {
    expect(() => cutPassages(article([]), { minWords: 10, maxWords: 9 })).toThrow(expect.objectContaining({ code: 'bad-options' }));
  });
});
