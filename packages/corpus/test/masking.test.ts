import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapePlaceholders, findLeaks, maskDocument, maskEntity, randomFromSeed, unescapePlaceholders, unmask } from '../src/index.ts';
import { orderEntities } from '../src/masking/order-entities.ts';
import { deriveSeed } from '../src/random.ts';
import type { EntityKind, MaskRules } from '../src/index.ts';

const common = new Set('union music mask the of and perpetual in'.split(' '));

function mask(
  texts: readonly string[],
  text: string,
  kind: EntityKind = 'other',
  aliases: readonly string[] = [],
  rules: MaskRules = {},
): string[] | string {
  const passages = texts.map((own) => ({ title: 'T', text: own }));
  const result = maskEntity(
    passages,
    { text, kind, aliases },
    { minPassages: 1, isCommonWord: (word) => common.has(word.toLowerCase()), ...rules },
  );
  return result.refused ?? result.passages.map((passage) => passage.text);
}

describe('maskEntity', () => {
  test.each<[string, string, EntityKind, readonly string[], string]>([
    ["Lincoln's LINCOLN, pre-Lincoln", 'Lincoln', 'other', [], "[MASK]'s [MASK], pre-[MASK]"],
    ['Quebec, Québec and québec', 'Québec', 'place', [], '[MASK], [MASK] and [MASK]'],
    ['Anhalt–Zerbst or Anhalt-Zerbst', 'Anhalt-Zerbst', 'place', [], '[MASK] or [MASK]'],
    ['the Union, a perpetual union', 'Union', 'organisation', [], 'the [MASK], a perpetual union'],
    ['Habsburgs and Habsburg', 'Habsburg', 'other', [], '[MASK]s and [MASK]'],
    ['The U.S. and the US and USA', 'U.S.', 'place', ['US'], 'The [MASK] and the [MASK] and USA'],
    ['New  York, New\nYork City', 'New York City', 'place', ['New York'], '[MASK], [MASK]'],
    ['1856, 1856–57, 11856, 1,856, 1856.5, July 10, 1856', '1856', 'date', [], '[MASK], [MASK]–57, 11856, 1,856, 1856.5, July 10, [MASK]'],
    ['COVID-19, 19, 1.19, 19:30', '19', 'number', [], 'COVID-19, [MASK], 1.19, 19:30'],
    ['20% or 20 percent', '20%', 'percent', ['20 percent'], '[MASK] or [MASK]'],
    ['ベルリンはドイツ', 'ドイツ', 'place', [], 'ベルリンは[MASK]'],
    ['Anhalt Zerbst, Anhalt-\nZerbst', 'Anhalt-Zerbst', 'place', [], '[MASK], [MASK]'],
    ['Quebec, Que\u0301bec, Que\u00adbec', 'Québec', 'place', [], '[MASK], [MASK], [MASK]'],
    ['born 1856-07-10, on 10 July 1856', 'July 10, 1856', 'date', ['10 July 1856', '1856-07-10'], 'born [MASK], on [MASK]'],
    ['the 15th century, 15th-century art, The 15th\nCentury', '15th century', 'date', [], 'the [MASK], [MASK] art, The [MASK]'],
    ['a 15th-century hut of the 15th century', '15th-century', 'date', [], 'a [MASK] hut of the [MASK]'],
    ['20-percent or 20 Percent of 1920-21 and 20-21', '20 percent', 'percent', ['20%'], '[MASK] or [MASK] of 1920-21 and 20-21'],
    ['on 1856-07-10, not 1856 07 10; in May he may', '1856-07-10', 'date', ['May'], 'on [MASK], not 1856 07 10; in [MASK] he may'],
    ['1,000,000 or 1 million, not 11,000,000', '1000000', 'number', ['1,000,000', '1 million'], '[MASK] or [MASK], not 11,000,000'],
  ])('%s', (text, entity, kind, aliases, expected) => {
    expect(mask([text], entity, kind, aliases)).toEqual([expected]);
  });

  test('titles are masked, counts are right, nothing else of a passage changes', () => {
    const passages = [
      { title: 'Ada Lovelace', text: 'Lovelace wrote.', pageId: 4 },
      { title: 'B', text: 'Nothing.', pageId: 5 },
    ];
    const result = maskEntity(passages, { text: 'Ada Lovelace', kind: 'person', aliases: [] }, { minPassages: 1 });
    expect(result).toMatchObject({
      passages: [{ title: '[MASK]', text: '[MASK] wrote.', pageId: 4 }, passages[1]],
      occurrences: 2,
      maskedPassages: 1,
      aliases: ['Lovelace'],
    });
  });

  test('shorter and longer forms of a person are masked with it, or refused', () => {
    expect(mask(['Valeria Golino. Golino won. Valeria'], 'Valeria Golino', 'person')).toEqual(['[MASK]. [MASK] won. Valeria']);
    expect(mask(['Iñiga Fortúnez and Fortunez'], 'Iñiga Fortúnez', 'person')).toEqual(['[MASK] and [MASK]']);
    expect(mask(['Charlie Chaplin. Chaplin'], 'Chaplin', 'person')).toEqual(['[MASK]. [MASK]']);
    expect(mask(['Charlie Chaplin. Eugene Chaplin. Chaplin'], 'Chaplin', 'person')).toBe('shared-surname');
  });

  test('leaks are told by their form; small letters of a common word are none to refuse', () => {
    expect(mask(['the Union and a perpetual union'], 'Union', 'organisation')).toEqual(['the [MASK] and a perpetual union']);
    expect(findLeaks([{ title: 'Ada', text: 'x ADA y' }], { answer: 'Ada', aliases: [], kind: 'person' }).map(({ form }) => form)).toEqual([
      'word',
      'word',
    ]);
    for (const text of ['a 15th-century hut', '15Th Century', 'a 15th  century']) {
      const found = findLeaks([{ title: '-', text }], { answer: '15th century', aliases: [], kind: 'date' });
      expect(found.map(({ form }) => form)).toEqual(['word']);
    }
    expect(findLeaks([{ title: '-', text: '1920-21' }], { answer: '1920 21', aliases: [], kind: 'date' })).toEqual([]);
    expect(
      findLeaks([{ title: '-', text: 'Islamic, an islam' }], { answer: 'Islam', aliases: [], kind: 'other' }).map(({ form }) => form),
    ).toEqual(['lower-case', 'longer-word']);
  });

  test('a name of several words leaks in small letters, unless the document uses its words so elsewhere too', () => {
    const formOf = (text: string, aliases: readonly string[] = []): string[] =>
      findLeaks([{ title: '-', text }], { answer: 'House of Lords', aliases, kind: 'organisation' }).map(({ form }) => form);
    expect(formOf('the house of lords')).toEqual(['word']);
    expect(formOf('a house; the house-of-lords')).toEqual(['word']);
    expect(formOf('the House Of Lords, no house of other lords')).toEqual(['word']);
    expect(formOf('a house, two lords, a house of lords')).toEqual(['lower-case']);
    // Words of another spelling of the answer are no words of the document's own.
    expect(formOf('a house of lords, a lords chamber, a house', ['Lords Chamber'])).toEqual(['word', 'word']);
    const isCommonWord = (): boolean => true;
    const masked = (text: string): readonly string[] | string =>
      mask(['The House of Lords met.', text], 'House of Lords', 'organisation', [], { isCommonWord });
    expect(masked('a house of lords')).toBe('leak');
    expect(masked('lords in a house, a house of lords')).toEqual(['The [MASK] met.', 'lords in a house, a house of lords']);
  });

  test('placeholders of the source are escaped and restored', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('[MASK]', '[TARGET]', '[\\MASK]', '[\\\\TARGET]', 'a', '[', ']', '\\', 'MASK]')), (parts) => {
        const text = parts.join('');
        const escaped = escapePlaceholders(text);
        expect(escaped).not.toMatch(/\[(?:MASK|TARGET)\]/);
        expect(unescapePlaceholders(escaped)).toBe(text);
      }),
    );
    expect(mask(['[MASK] here'], 'here')).toBe('placeholder-in-text');
  });

  test('refuses by the rules, and keeps when told', () => {
    expect(mask(['Only here: Ada.'], 'Ada', 'other', [], { minPassages: 2 })).toBe('too-few-passages');
    expect(mask(['Ada Ada Ada'], 'Ada', 'other', [], { maxOccurrences: 2 })).toBe('too-many-occurrences');
    expect(mask([`Ada ${'and '.repeat(9)}`.repeat(20)], 'Ada')).toBe('too-many-occurrences');
    expect(mask(['Only Ada'], 'Ada', 'other', [], { minOccurrences: 2 })).toBe('too-few-occurrences');
    expect(mask(['Islam and Islamic art'], 'Islam')).toBe('soft-leak');
    expect(mask(['Islam and Islamic art'], 'Islam', 'other', [], { softLeaks: 'keep' })).toEqual(['[MASK] and Islamic art']);
    expect(mask(['Charlie Chaplin', 'Eugene Chaplin'], 'Charlie Chaplin', 'person')).toBe('shared-surname');
    expect(mask(['Charlie Chaplin', 'Mr. Chaplin. When Chaplin came'], 'Charlie Chaplin', 'person')).toEqual([
      '[MASK]',
      'Mr. [MASK]. When [MASK] came',
    ]);
  });

  test('neither the answer nor an alias survives at word borders, in any title or text; unmasking restores them', () => {
    const word = fc.constantFrom(
      'Ada',
      'Lovelace',
      'ada',
      'ADA',
      'Adam',
      'Byron',
      '1856',
      '18561',
      'and',
      'de',
      'Érik',
      'Erik',
      'Eri\u0301k',
      'A\u00adda',
      '-',
      '–',
      "'s",
      ',',
      '.',
      '(',
      ')',
      '[x]',
      '\n',
    );
    const text = fc.array(word, { maxLength: 25 }).chain((words) => fc.constantFrom(' ', ' ', '').map((glue) => words.join(glue)));
    const entity = fc.constantFrom<[string, EntityKind, string[]]>(
      ['Ada', 'other', []],
      ['Ada Lovelace', 'person', []],
      ['1856', 'date', []],
      ['Érik', 'other', []],
      ['Byron', 'person', []],
      ['U.S.', 'other', []],
      ['Ada', 'other', ['Lovelace', 'Érik']],
      ['Byron', 'person', ['Ada Byron', 'Adam']],
      ['Ada', 'place', ['Ada de Byron', 'de Byron']],
      ['1856', 'date', ['18561']],
      ['1856 and', 'date', ['and-1856']],
    );
    const rules = {
      minPassages: 0,
      minOccurrences: 0,
      maxOccurrences: 1e9,
      maxShare: 1,
      softLeaks: 'keep',
      sharedSurname: 'keep',
    } as const;
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 4 }), entity, (parts, [answer, kind, given]) => {
        const passages = parts.map(([title, own]) => ({ title, text: own }));
        const result = maskEntity(passages, { text: answer, kind, aliases: given }, rules);
        if (result.refused !== undefined) throw new Error(result.refused);
        expect(result.aliases).toEqual(expect.arrayContaining(given));
        // An oracle of its own: look at every place where the characters of the answer or of an alias stand.
        const spellings = [answer, ...result.aliases];
        for (const [part, spelling] of result.passages.flatMap(({ title, text: own }) =>
          [title, own].flatMap((one) => spellings.map((other) => [one, other] as const)),
        )) {
          for (let at = part.indexOf(spelling); at >= 0; at = part.indexOf(spelling, at + 1)) {
            const before = part.slice(0, at).at(-1) ?? ' ';
            const after = part[at + spelling.length] ?? ' ';
            const inNumber = kind === 'date' && (/\d[.,:/]$/.test(part.slice(0, at)) || /^[.,:/]\d/.test(part.slice(at + spelling.length)));
            if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after) && !inNumber) return false;
          }
        }
        expect(unmask(result.passages, result.surfaces)).toEqual(passages);
        for (const { form } of findLeaks(result.passages, { answer, aliases: result.aliases, kind })) expect(form).not.toBe('word');
        const count = result.passages.flatMap(({ title, text: own }) => [...`${title} ${own}`.matchAll(/\[MASK\]/g)]).length;
        return count === result.occurrences;
      }),
      { numRuns: 500 },
    );
  });
});

describe('maskDocument', () => {
  const passages = [
    { title: 'A', text: 'Ada met Byron in 1856.' },
    { title: 'B', text: 'Byron left. In 1856 it rained.' },
  ];
  const entities = ['Ada', 'Byron', '1856'].map((text) => ({
    text,
    start: passages[0]!.text.indexOf(text),
    end: passages[0]!.text.indexOf(text) + text.length,
    kind: (text === '1856' ? 'date' : 'person') as EntityKind,
    source: 'pattern' as const,
    aliases: [],
  }));

  test('draws among the usable entities, the same one for the same seed', () => {
    const drawn = Array.from({ length: 40 }, (_, seed) => maskDocument(passages, { entities, random: randomFromSeed(seed) }).entity?.text);
    const again = Array.from({ length: 40 }, (_, seed) => maskDocument(passages, { entities, random: randomFromSeed(seed) }).entity?.text);
    expect(drawn).toEqual(again);
    expect(new Set(drawn)).toEqual(new Set(['Byron', '1856']));
  });

  test('the pivot must hold a placeholder of its own', () => {
    // "40" of "COVID-40" is found, but is no number to mask.
    const texts = [
      { title: 'A', text: 'COVID-40 came.' },
      { title: 'B', text: 'At 40 he left; at 40 she came.' },
      { title: 'C', text: 'He was 40.' },
    ];
    const found = [{ text: '40', start: 6, end: 8, kind: 'number' as const, source: 'wink' as const, aliases: [] }];
    const { entity, refusals } = maskDocument(texts, { entities: found, random: randomFromSeed(1), pivot: 0 });
    expect([entity, ...refusals]).toEqual([undefined, ['not-in-pivot', 1]]);
    expect(maskDocument(texts, { entities: found, random: randomFromSeed(1) }).entity?.text).toBe('40');
  });

  test('types are drawn by their shares, those without one never', () => {
    const count = (shares: Partial<Record<EntityKind, number>>): Record<string, number> => {
      const drawn: Record<string, number> = {};
      for (let seed = 0; seed < 300; seed++) {
        const { entity } = maskDocument(passages, { entities, random: randomFromSeed(deriveSeed(seed)), shares });
        drawn[entity?.kind ?? 'none'] = (drawn[entity?.kind ?? 'none'] ?? 0) + 1;
      }
      return drawn;
    };
    const { person, date } = count({ person: 3, date: 1 });
    // 300 draws at 3 : 1; five standard deviations are 38.
    expect(Math.abs(person! - 225)).toBeLessThan(38);
    expect(person! + date!).toBe(300);
    expect(count({ date: 1 })).toEqual({ date: 300 });
    expect(count({ place: 1 })).toEqual({ none: 300 });
  });

  test('numbers, which seldom stand in two passages, are tried six times as often; not where one passage is enough', () => {
    const own = [entities[0]!, { ...entities[0]!, text: '40', kind: 'number' as const }];
    const first = (minPassages: number): number =>
      Array.from({ length: 300 }, (_, seed) =>
        orderEntities(own, randomFromSeed(deriveSeed(seed)), { shares: { person: 1, number: 1 }, minPassages }),
      ).filter(([one]) => one!.kind === 'number').length;
    // 6 of 7 and 1 of 2 in 300 draws; five standard deviations are 31 and 44.
    expect(Math.abs(first(2) - 257)).toBeLessThan(31);
    expect(Math.abs(first(1) - 150)).toBeLessThan(44);
  });

  test('says why nothing was usable', () => {
    const { entity, refusals } = maskDocument(passages, { entities, random: randomFromSeed(1), exclude: new Set(['Byron', '1856']) });
    expect(entity).toBeUndefined();
    expect([...refusals]).toEqual([['too-few-passages', 1]]);
  });
});
