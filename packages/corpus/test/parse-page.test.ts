import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeText } from '../src/dump/decode-text.ts';
import { parsePage } from '../src/dump/parse-page.ts';
import { readFrame } from '../src/dump/read-frame.ts';

const contributor = '<contributor>\n        <username>A &amp; B</username>\n        <id>7</id>\n      </contributor>';

/** A page as MediaWiki writes it. */
function pageXml(
  change: { title?: string; page?: string; contributor?: string; revision?: string; attributes?: string; end?: string } = {},
): string {
  return `<page>
    <title>${change.title ?? 'Zürich'}</title>
    <ns>0</ns>
    <id>12</id>${change.page ?? ''}
    <revision>
      <id>34</id>
      <parentid>33</parentid>
      <timestamp>2014-10-26T04:50:23Z</timestamp>
      ${change.contributor ?? contributor}${change.revision ?? ''}
      <model>wikitext</model>
      <format>text/x-wiki</format>
      <text${change.attributes ?? ' xml:space="preserve"'}>'''Zürich''' &lt;ref&gt;</text>
      <sha1>abc123</sha1>
    </revision>${change.end ?? ''}
  </page>`;
}

const frameOf = (xml: string): string => xml.replace(/(<text[^>]*>).*(?=<\/text>)/, '$1');

describe('parsePage', () => {
  const usual = {
    plain: pageXml(),
    'of a redirect': pageXml({ page: '\n    <redirect title="Bachelor\'s degree (UK)" />' }),
    restricted: pageXml({ page: '\n    <restrictions>edit=sysop:move=sysop</restrictions>' }),
    'by an address': pageXml({ contributor: '<contributor>\n        <ip>127.0.0.1</ip>\n      </contributor>' }),
    'with a comment': pageXml({ revision: '\n      <minor />\n      <comment>a &lt;b&gt; &quot;c&quot; &amp;</comment>' }),
    'of schema 0.11': pageXml({ revision: '\n      <origin>34</origin>', attributes: ' bytes="20" sha1="abc123" xml:space="preserve"' }),
  };
  for (const [name, xml] of Object.entries(usual)) {
    test(`a page ${name} is read without the parser, to the same`, () => {
      expect(readFrame(frameOf(xml))).toBeDefined();
      // A comment is for the parser.
      const parsed = xml.replace('<revision>', '<!-- --><revision>');
      expect(readFrame(frameOf(parsed))).toBeUndefined();
      expect(parsePage(Buffer.from(xml))).toEqual(parsePage(Buffer.from(parsed)));
      expect(parsePage(Buffer.from(xml))).toMatchObject({ title: 'Zürich', pageId: 12, revisionId: 34, wikitext: "'''Zürich''' <ref>" });
    });
  }

  test('whatever else stands in a page is left to the parser', () => {
    const others = [
      pageXml({ title: 'A &amp; B' }),
      pageXml({ page: '\n    <redirect title="A &amp; B" />' }),
      pageXml({ contributor: '<contributor deleted="deleted" />' }),
      pageXml({ revision: '\n      <comment deleted="deleted" />' }),
      pageXml({ attributes: ' xml:space="preserve" xml:space="preserve"' }),
      pageXml({ end: '<unknown/>' }),
      pageXml({ end: '</page><page>' }),
    ];
    for (const xml of others) expect(readFrame(frameOf(xml))).toBeUndefined();
    expect(parsePage(Buffer.from(others[0]!))).toMatchObject({ title: 'A & B' });
    expect(() => parsePage(Buffer.from(others[4]!))).toThrow('malformed XML');
  });

  test('a page without a title is refused', () => {
    expect(() => parsePage(Buffer.from(pageXml({ title: ' ' })))).toThrow('the page has no <title>');
  });
});

describe('decodeText', () => {
  test('any text comes back from UTF-8 with references', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(fc.constantFrom('<', '>', '"', '&', 'a', 'é', '–', '文', '😀'), fc.string({ unit: 'binary', maxLength: 1 })),
        }),
        (text) => {
          const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
          expect(decodeText(Buffer.from(escaped))).toBe(text);
        },
      ),
    );
  });

  test('other references, and ampersands without one, are left to the parser', () => {
    for (const text of ['&nbsp;', '&#60;', 'a & b', '&l', '&', 'é&apos;', '&ltt;', '&quo;'])
      expect(decodeText(Buffer.from(text))).toBeUndefined();
  });
});
