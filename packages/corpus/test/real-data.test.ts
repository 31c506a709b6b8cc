import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { buildCorpus, checkDocuments, readDump, wikitextToProse } from '../src/index.ts';
import { temporaryFolder } from './support/tiny-dump.ts';

const data = join(import.meta.dirname, '../../../../shared/data');
const hasData = existsSync(join(data, 'enwiki-sample.xml.bz2'));
const reason = hasData ? '' : ' (skipped: the real dumps are not beside the repository)';
const testOnData = hasData ? test : test.skip;

describe(`real dumps${reason}`, () => {
  testOnData('the English sample becomes documents that pass their check', async () => {
    const out = await temporaryFolder();
    const { manifest } = await buildCorpus({ dump: join(data, 'enwiki-sample.xml.bz2'), out, documents: 20, seed: 1 });
    expect(manifest.counts).toMatchObject({ pages: 206, articles: 98, redirects: 99, disambiguations: 8, otherNamespaces: 1, rejected: 0 });
    expect(manifest.counts.passages).toBeGreaterThan(2400);
    expect(manifest.tokens.min).toBeGreaterThanOrEqual(24_000);
    expect(manifest.tokens.max).toBeLessThanOrEqual(40_000);
    expect(manifest.licences).toEqual({ 'CC BY-SA': manifest.counts.passages });
    expect(manifest.sameArticle).toBeGreaterThan(0.2);
    expect(Object.keys(manifest.kinds).length).toBeGreaterThan(2);
    expect(await checkDocuments(out)).toMatchObject({ ok: true, documents: 20 });
  });

  testOnData('prose keeps the numbers of {{convert}} and no markup', async () => {
    let converts = 0;
    let kept = 0;
    let markup = 0;
    let paragraphs = 0;
    for await (const record of readDump(join(data, 'enwiki-sample.xml.bz2'))) {
      if (record.type !== 'article') continue;
      const prose = wikitextToProse(record.page.wikitext).paragraphs;
      const whole = prose.map((paragraph) => paragraph.text).join('\n');
      paragraphs += prose.length;
      markup += prose.filter((paragraph) => /\{\{|\}\}|\[\[|\]\]|\(\)|<ref/.test(paragraph.text)).length;
      // Lines of prose only: tables, lists and infoboxes may go.
      for (const line of record.page.wikitext.split('\n')) {
        if (!/^['\p{L}[]/u.test(line) || line.startsWith('[[File') || line.startsWith('[[Image')) continue;
        for (const [, number, unit] of line
          .replace(/<ref.*?(?:<\/ref>|\/>)/g, '')
          .matchAll(/\{\{(?:convert|cvt)\|([\d.,]+)\|([a-zA-Z]+)/g)) {
          converts++;
          if (whole.includes(`${number} ${unit === 'C' || unit === 'F' ? '°' : ''}`)) kept++;
        }
      }
    }
    expect(converts).toBeGreaterThan(100);
    expect(kept / converts).toBeGreaterThan(0.96);
    expect(paragraphs).toBeGreaterThan(5000);
    expect(markup).toBe(0);
  });

  testOnData('every language and every other dump is read without a throw or a bad record', async () => {
    const small = [
      'enwiki-tables.xml.bz2',
      'bgwiki-sample.xml.bz2',
      ...readdirSync(join(data, 'languages')).map((name) => join('languages', name)),
    ];
    for (const name of small) {
      let pages = 0;
      for await (const record of readDump(join(data, name))) {
        pages++;
        expect(record.type).not.toBe('rejected');
        if (record.type === 'article') expect(wikitextToProse(record.page.wikitext).paragraphs.length).toBeGreaterThan(0);
      }
      expect(pages).toBeGreaterThan(0);
    }
  });
});
