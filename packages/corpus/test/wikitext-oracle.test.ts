import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import wtf from 'wtf_wikipedia';
import { openBytes } from '../src/dump/open-bytes.ts';
import { pageBatches } from '../src/dump/page-batches.ts';
import { parsePage } from '../src/dump/parse-page.ts';
import { slicePages } from '../src/dump/slice-pages.ts';
import { toUtf8 } from '../src/dump/to-utf8.ts';
import { cutPassages, wikitextToProse } from '../src/index.ts';
import type { Page } from '../src/index.ts';

const data = join(import.meta.dirname, '../../../../shared/data');
const hasData = existsSync(join(data, 'enwiki-sample.xml.bz2'));
const testOnData = hasData ? test : test.skip;

/** Sections whose text the converter leaves out. */
const SKIPPED =
  /^(?:references|external links|further reading|see also|notes|bibliography|footnotes|sources|citations|notes and references|references and notes|works cited|gallery)$/i;

interface Section {
  title(): string;
  parent(): Section | null;
  paragraphs(): { sentences(): { text(): string }[] }[];
}

const words = (text: string): string[] =>
  text
    .normalize('NFC')
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];

/** Pages of the article namespace that are no redirects: disambiguations too, which a build leaves out. */
async function articles(name: string): Promise<Page[]> {
  const found: Page[] = [];
  const { chunks } = await openBytes(join(data, name));
  for await (const batch of pageBatches(toUtf8(chunks), name)) {
    for (const { xml } of slicePages(batch.bytes)) {
      const page = parsePage(xml);
      if (page.namespace === 0 && page.redirect === undefined) found.push(page);
    }
  }
  return found;
}

describe(`wikitext against wtf_wikipedia${hasData ? '' : ' (skipped: the real dumps are not beside the repository)'}`, () => {
  testOnData('at least 0.999 of the words of prose are kept, no braces and no empty parentheses are left', async () => {
    let kept = 0;
    let total = 0;
    const leftOver: string[] = [];
    const all = await articles('enwiki-sample.xml.bz2');
    // 98 articles and 8 disambiguations.
    expect(all).toHaveLength(106);
    for (const { title, wikitext } of all) {
      const { paragraphs } = wikitextToProse(wikitext);
      const text = paragraphs.map((paragraph) => `${paragraph.heading}\n${paragraph.text}`).join('\n');
      if (/\{\{|\}\}|\[\[|\]\]|\(\s*\)/.test(text)) leftOver.push(title);
      const bag = new Map<string, number>();
      for (const word of words(text)) bag.set(word, (bag.get(word) ?? 0) + 1);
      // Formulas stay raw TeX there, and are left out here.
      const oracle = wtf(wikitext.replace(/<math.*?<\/math>/gs, ''));
      for (const section of oracle.sections() as unknown as Section[]) {
        if (isSkipped(section)) continue;
        for (const word of section
          .paragraphs()
          .flatMap((paragraph) => paragraph.sentences().flatMap((sentence) => words(sentence.text())))) {
          total++;
          const left = bag.get(word) ?? 0;
          if (left > 0) kept++;
          bag.set(word, left - 1);
        }
      }
    }
    expect(leftOver).toEqual([]);
    expect(total).toBeGreaterThan(400_000);
    expect(kept / total).toBeGreaterThanOrEqual(0.999);
  });

  testOnData('at least 97 % of the numbers of {{convert}} are kept', async () => {
    let kept = 0;
    let total = 0;
    for (const { wikitext } of await articles('enwiki-sample.xml.bz2')) {
      const text = wikitextToProse(wikitext)
        .paragraphs.map((paragraph) => paragraph.text)
        .join('\n');
      for (const line of wikitext.replace(/<ref[^>/]*>.*?<\/ref>|<ref[^>]*\/>|<!--.*?-->/gs, '').split('\n')) {
        if (!/^['\p{L}[]/u.test(line) || /^\[\[(?:File|Image):/.test(line)) continue;
        for (const [, number] of line.matchAll(/\{\{(?:convert|cvt)\|([\d.,]+)\|/gi)) {
          total++;
          if (text.includes(number!)) kept++;
        }
      }
    }
    expect(total).toBeGreaterThan(250);
    expect(kept / total).toBeGreaterThanOrEqual(0.97);
  });

  testOnData('every language gives prose and, where an article is long enough, passages', async () => {
    const withPassages: string[] = [];
    for (const name of readdirSync(join(data, 'languages'))) {
      for (const { title, wikitext } of await articles(join('languages', name))) {
        const { paragraphs } = wikitextToProse(wikitext);
        expect(paragraphs.length).toBeGreaterThan(0);
        const passages = cutPassages({ title, pageId: 1, revisionId: 1, paragraphs });
        if (passages.length > 0) withPassages.push(name.slice(0, 2));
      }
    }
    expect(new Set(withPassages)).toEqual(new Set(['ar', 'de', 'fa', 'hi', 'ja', 'ru', 'th', 'zh']));
  });
});

function isSkipped(section: Section): boolean {
  for (let own: Section | null = section; own; own = own.parent()) if (SKIPPED.test(own.title())) return true;
  return false;
}
