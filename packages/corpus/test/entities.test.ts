import { describe, expect, test } from '@jest/globals';
import { buildAnchorTable, buildTruecase, findEntities } from '../src/index.ts';
import type { Entity, Passage } from '../src/index.ts';
import { nameAliases, numericAliases } from '../src/entities/aliases.ts';
import { capitalisedRuns } from '../src/entities/capitalised-runs.ts';
import { pageKind } from '../src/entities/page-kind.ts';
import { winkEntities } from '../src/entities/wink-entities.ts';
import { wikitextToProse } from '../src/wikitext/wikitext-to-prose.ts';

function passage(title: string, wikitext: string): Passage {
  const [paragraph] = wikitextToProse(wikitext).paragraphs;
  return { title, pageId: 1, revisionId: 1, text: paragraph!.text, links: paragraph!.links };
}

function find(wikitext: string, others: readonly Passage[] = [], options: Parameters<typeof buildAnchorTable>[1] = {}): Entity[] {
  const own = passage('Page', wikitext);
  const all = [own, ...others];
  const found = findEntities(own, { truecase: buildTruecase(all.map((one) => one.text)), anchors: buildAnchorTable(all, options) });
  for (const entity of found) expect(own.text.slice(entity.start, entity.end)).toBe(entity.text);
  return found;
}

const texts = (entities: readonly Entity[]): string[] => entities.map((entity) => entity.text);

describe('findEntities', () => {
  test('merges links, names, dates and numbers in order, the longer span winning', () => {
    const found = find(
      'In May 1871 the [[German Empire]] sent 1,200 men of the Royal [[Prussia]]n Guard to [[Paris|the City of Light]], a [[city]].',
    );
    expect(found.map(({ text, kind, source }) => [text, kind, source])).toEqual([
      ['May 1871', 'date', 'pattern'],
      ['German Empire', 'place', 'link'],
      ['1,200', 'number', 'pattern'],
      ['Royal Prussian Guard', 'other', 'capitals'],
      ['City of Light', 'place', 'link'],
    ]);
  });

  test('the first word of a sentence counts only if the corpus capitalises it elsewhere', () => {
    const others = [passage('A', 'He met Lincoln there. It was a whale of a day, and the whale swam.')];
    expect(texts(find('Lincoln left. Whale meat was served. Then Sumner came.', others))).toEqual(['Lincoln', 'Sumner']);
  });

  test('kinds come from the linked page, then from words in and beside the name', () => {
    const kinds = new Map([['Nile', 'place' as const]]);
    const found = find('The [[River Nile|Nile]] passes Trinity College and saw Dr. Watson, Alan Turing and the Battle of Omdurman.', [], {
      redirects: new Map([['River Nile', 'Nile']]),
      kinds,
    });
    expect(found.map(({ text, kind }) => [text, kind])).toEqual([
      ['Nile', 'place'],
      ['Trinity College', 'organisation'],
      ['Watson', 'person'],
      ['Alan Turing', 'person'],
      ['Battle of Omdurman', 'event'],
    ]);
  });

  test('aliases of a name come from titles, redirects and anchors that agree', () => {
    const others = [
      passage(
        'Abraham Lincoln',
        'Born poor, [[Abraham Lincoln|Lincoln]] read much. [[Abraham Lincoln|The president]] and [[Abraham Lincoln|Abe Lincoln]].',
      ),
    ];
    const [entity] = find('[[Abraham Lincoln (president)|Abraham Lincoln]] spoke.', others, {
      redirects: new Map([['Abraham Lincoln (president)', 'Abraham Lincoln']]),
    });
    expect(entity).toMatchObject({ text: 'Abraham Lincoln', kind: 'person', aliases: ['Abe Lincoln', 'Lincoln'] });
  });

  test('leaves out what makes no question', () => {
    expect(texts(find('The President had 5 cows, two dogs, TV and an [[island]] in X. It was the first.'))).toEqual([]);
  });
});

describe('recognisers', () => {
  test('capitalised runs take connectors, not months or possessives', () => {
    const text = "He saw the Count of Boulogne and Lincoln's wife on Monday in March, then Johnson & Johnson.";
    const runs = capitalisedRuns(text, buildTruecase([]));
    expect(runs.map(({ start, end }) => text.slice(start, end))).toEqual(['Count of Boulogne', 'Lincoln', 'Johnson & Johnson']);
  });

  test('wink finds structured kinds at their offsets, ranges left out', () => {
    const text = 'He paid $5,000 on March 3, 1990 for 25 percent of it — from July 26, 1922 – December 15, 2010.';
    const found = winkEntities(text);
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual(expect.arrayContaining(['March 3, 1990']));
    expect(found.some(({ start, end }) => text.slice(start, end).includes('–'))).toBe(false);
  });

  test('numbers and dates know their other spellings', () => {
    expect(numericAliases('10 July 1856', 'date')).toEqual(expect.arrayContaining(['July 10, 1856', '10 July, 1856', '1856-07-10']));
    expect(numericAliases('July 4', 'date')).toEqual(['4 July']);
    expect(numericAliases('1856', 'date')).toEqual([]);
    expect(numericAliases('1000000', 'number')).toEqual(['1,000,000', '1 million']);
    expect(numericAliases('1.5 million', 'number')).toEqual(['1500000', '1,500,000']);
    expect(numericAliases('20%', 'percent')).toEqual(expect.arrayContaining(['20 percent', '20 per cent']));
  });

  test('a name is not the alias of what it is only related to', () => {
    expect(nameAliases('United States', ['American', 'U.S.', 'US', 'United States', 'the United States'])).toEqual(['U.S.', 'US']);
    expect(nameAliases('Uzbekistan', ['Foreign relations of Uzbekistan', 'Republic of Uzbekistan'])).toEqual([]);
    expect(nameAliases('Cincinnati Masters', ['Cincinnati'])).toEqual([]);
  });

  test('the kind of a page: births beat a box that bands share', () => {
    expect(pageKind('{{Infobox musical artist}} [[Category:1965 births]]')).toBe('person');
    expect(pageKind('{{Infobox musical artist}} [[Category:Swedish musical groups]]')).toBe('organisation');
    expect(pageKind('{{Infobox settlement|name=A}}')).toBe('place');
    expect(pageKind('{{Taxobox}}')).toBe('taxon');
    expect(pageKind('[[Category:Philosophy]]')).toBeUndefined();
  });

  test('the kind of a page without box or category: its first sentence', () => {
    expect(pageKind("{{x}}\n'''Aruba''' is an [[island]] in the Caribbean.")).toBe('place');
    expect(pageKind("'''Ada Byron''' (born 1815) was an English [[mathematics|mathematician]] and writer.")).toBe('person');
    expect(pageKind("An '''astronomer''' is a [[scientist]] in the field of astronomy.")).toBeUndefined();
    expect(pageKind("'''Animal Farm''' is a short [[novel]] by Orwell.")).toBe('work');
    expect(pageKind("'''Albedo''' is the fraction of light.")).toBeUndefined();
  });
});
