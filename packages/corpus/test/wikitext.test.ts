import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { wikitextToProse } from '../src/index.ts';

const text = (wikitext: string): string =>
  wikitextToProse(wikitext)
    .paragraphs.map((paragraph) => paragraph.text)
    .join('\n');

describe('wikitextToProse', () => {
  test('keeps link anchors with offsets and targets', () => {
    const { paragraphs } = wikitextToProse(
      "'''Berlin''' is the [[Capital city|capital]] of [[Germany]]'s [[state]]s, {{lang|de|[[Spree]]}}.",
    );
    expect(paragraphs).toHaveLength(1);
    const [paragraph] = paragraphs;
    expect(paragraph!.text).toBe("Berlin is the capital of Germany's states, Spree.");
    expect(paragraph!.links.map((link) => [paragraph!.text.slice(link.start, link.end), link.target])).toEqual([
      ['capital', 'Capital city'],
      ['Germany', 'Germany'],
      ['state', 'state'],
      ['Spree', 'Spree'],
    ]);
  });

  test.each([
    ['{{convert|22|–|25|C}} and {{convert|5|ft|11|in}}, {{cvt|468|km2}}', '22–25 °C and 5 ft 11 in, 468 km²'],
    ['{{as of|2014|3|lc=y}} there', 'as of March 2014 there'],
    ['{{As of|2014}} there', 'As of 2014 there'],
    ['a{{ndash}}b{{snd}}c{{nbsp}}d {{nowrap|e f}}', 'a–b – c d e f'],
    ['{{lang-el|ἀναρχία}} and {{transl|el|anarchia}}', 'ἀναρχία and anarchia'],
    ['{{circa|1500}}, {{frac|3|4}}, {{val|1.6|e=-19|u=C}}, {{ordinal|22}}', 'c. 1500, 3/4, 1.6×10^-19 C, 22nd'],
    ['x {{formatnum:1234}} y {{#if:a|b}}z', 'x 1234 y z'],
    ["{{'s}} {{USS|Enterprise}} {{US$|5}}", "'s USS Enterprise US$5"],
    ['{{chem|H|2|O}} {{abbr|BC|before}} {{nihongo|Aikido|合気道|Aikidō}}', 'H2O BC Aikido (合気道, Aikidō)'],
  ])('expands %s', (wikitext, expected) => {
    expect(text(wikitext)).toBe(expected);
  });

  test('drops references, comments, tables, files, categories and hatnotes', () => {
    expect(text('A<ref>b</ref> c<ref name="x" /> d<!-- e -->.')).toBe('A c d.');
    expect(text('{| class="x"\n| cell {{!}} {|\n|inner\n|}\n|}\nAfter.')).toBe('After.');
    expect(text('[[File:A.jpg|thumb|A [[link]] here]]Text.[[Category:B]]')).toBe('Text.');
    expect(text('{{Infobox person|name=A\n|birth={{birth date|1|2|3}}}}\n{{About|x}}\nText.')).toBe('Text.');
  });

  test('closes the holes that dropped templates leave', () => {
    expect(text('Word ({{IPAc-en|w}}; {{lang|la|verbum}}) , next ({{unknown thing}}) end .')).toBe('Word (verbum), next end.');
  });

  test('counts unknown templates, but not those dropped on purpose', () => {
    const { unknownTemplates } = wikitextToProse('{{Strange one|a}} {{strange_one}} {{sfn|A|1}} {{cite web|url=x}} {{rare}}');
    expect([...unknownTemplates]).toEqual([
      ['strange one', 2],
      ['rare', 1],
    ]);
  });

  test('headings, lists, wrapped lines and skipped sections', () => {
    const { paragraphs } = wikitextToProse(
      'Lead one\nlead two.\n\n== History ==\n* item [[A]]\nText.\n\n== References ==\nGone.\n== Legacy ==\nStays.',
    );
    expect(paragraphs.map(({ heading, text: own, isListItem }) => [heading, own, isListItem])).toEqual([
      ['', 'Lead one lead two.', false],
      ['History', 'item A', true],
      ['History', 'Text.', false],
      ['Legacy', 'Stays.', false],
    ]);
    expect(paragraphs[1]!.links).toEqual([{ start: 5, end: 6, target: 'A' }]);
  });

  test('spaces, invisible characters and character references take one form', () => {
    expect(text('a\u00a0b&nbsp;c\u200bd&#8239;e&thinsp;f &amp; &#x2BB; cafe\u0301')).toBe('a b cd e f & ʻ café');
  });

  test('never throws, and links always lie inside their paragraph', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '[[',
      ']]',
      '|',
      '{|',
      '|}',
      '<ref>',
      '</ref>',
      "''",
      '\n',
      '==',
      'word ',
      'Name',
      '*',
      '<!--',
      '&amp;',
      '{{{',
      '[http://x y]',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        for (const paragraph of wikitextToProse(pieces.join('')).paragraphs) {
          for (const { start, end } of paragraph.links) if (!(start >= 0 && start < end && end <= paragraph.text.length)) return false;
        }
        return true;
      }),
      { numRuns: 300 },
    );
  });
});
