import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildAnchorTable } from '../src/index.ts';
import type { EntityKind, Passage } from '../src/index.ts';
import { collectAnchors } from '../src/entities/collect-anchors.ts';
import { forgetRare, ownText, thinWhenFull } from '../src/entities/bounded-names.ts';

/** A passage that links to every name; titles repeat. */
function passageOf(names: readonly string[], title = 'Page'): Passage {
  let text = '';
  const links = names.map((name) => {
    const start = text.length;
    text += `${name} `;
    return { start, end: start + name.length, target: name };
  });
  return { title, pageId: 1, revisionId: 1, text, links };
}

describe('tables of names stay within their bound', () => {
  const often = ['Berlin', 'Paris', 'Rome'];
  /** Each passage names one city that recurs and nine names that nobody else has. */
  const passages = Array.from({ length: 2000 }, (_, i) =>
    passageOf([often[i % 3]!, ...Array.from({ length: 9 }, (__, k) => `Name ${i}-${k}`)]),
  );

  test('whatever the number of distinct names; those seen often stay', () => {
    const { titleOfSurface } = collectAnchors(passages, { mostNames: 1000 });
    expect(titleOfSurface.size).toBeLessThanOrEqual(1000);
    for (const city of often) expect(titleOfSurface.get(city)).toBe(city);
  });

  test('of too many redirects and kinds those of the titles stay that are linked to most often', () => {
    const redirects = [...Array.from({ length: 5000 }, (_, i) => [`Old ${i}`, `Name ${i}-0`] as const), ['Lutetia', 'Paris'] as const];
    const kinds = [
      ...Array.from({ length: 5000 }, (_, i) => [`Nowhere ${i}`, 'person'] as const),
      ['Rome', 'place'] as const,
    ] satisfies (readonly [string, EntityKind])[];
    const data = collectAnchors(passages, { mostNames: 1000, redirects, kinds });
    expect(data.redirects.size).toBeLessThanOrEqual(1000);
    expect(data.redirects.get('Lutetia')).toBe('Paris');
    expect([...data.kinds]).toEqual([['Rome', 'place']]);
    expect(buildAnchorTable(passages, { mostNames: 1000, redirects, kinds }).surfacesOf('Paris')).toEqual(['Paris', 'Lutetia']);
  });

  test('within the bound nothing is forgotten, and the bound itself changes nothing', () => {
    const redirects = [['Lutetia', 'Paris']] as const;
    const all = collectAnchors(passages, { redirects });
    expect(all.titleOfSurface.size).toBe(3 + 9 * 2000 + 2);
    expect(collectAnchors(passages, { redirects, mostNames: all.titleOfSurface.size })).toEqual(all);
  });

  test('a link to a redirect counts for the kind of its target', () => {
    const redirects = [
      ['Lutetia', 'Paris of old'],
      ['X', 'Y'],
    ] as const;
    const kinds = [
      ['Paris of old', 'place'],
      ['Y', 'person'],
      ['Z', 'person'],
    ] as const;
    const data = collectAnchors([passageOf(['Lutetia', 'Lutetia'])], { redirects, kinds, mostNames: 2 });
    expect([...data.redirects]).toEqual([['Lutetia', 'Paris of old']]);
    expect([...data.kinds]).toEqual([['Paris of old', 'place']]);
  });
});

test('the rarest are forgotten first, and no more than needed', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer({ min: 1, max: 9 })), fc.nat({ max: 20 }), (counts, most) => {
      const names = new Map(Object.entries(counts));
      forgetRare(names, most, (times) => times);
      expect(names.size).toBeLessThanOrEqual(Math.max(0, most));
      const least = Math.min(...names.values(), 10);
      const lost = Object.entries(counts).filter(([name]) => !names.has(name));
      for (const [, times] of lost) expect(times).toBeLessThan(least);
      if (Object.keys(counts).length <= most) expect(lost).toEqual([]);
    }),
  );
  const full = new Map(Array.from({ length: 101 }, (_, i) => [String(i), i]));
  thinWhenFull(full, 100, (times) => times);
  expect(full.size).toBe(75);
});

test('a copied text is the same text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(ownText(text)).toBe(text)));
  for (const text of ['', '\ud800', 'Málaga', '東京', '\u00ff\u0100']) expect(ownText(text)).toBe(text);
});
