import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomFromSeed } from '../../src/random.ts';

export interface TinyPage {
  readonly title: string;
  readonly text: string;
  readonly ns?: number;
  readonly redirect?: string;
}

/** XML of a dump with the given pages; ids count from 1, revision ids are ten times as large. */
export function dumpXml(pages: readonly TinyPage[]): string {
  const body = pages.map(({ title, text, ns = 0, redirect }, i) =>
    [
      '  <page>',
      `    <title>${escapeXml(title)}</title>`,
      `    <ns>${ns}</ns>`,
      `    <id>${i + 1}</id>`,
      ...(redirect === undefined ? [] : [`    <redirect title="${escapeXml(redirect)}" />`]),
      '    <revision>',
      `      <id>${(i + 1) * 10}</id>`,
      `      <text xml:space="preserve">${escapeXml(text)}</text>`,
      '    </revision>',
      '  </page>\n',
    ].join('\n'),
  );
  const root = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10" xml:lang="en">';
  return `${root}\n  <siteinfo><sitename>Tiny</sitename></siteinfo>\n${body.join('')}</mediawiki>\n`;
}

/** Articles of made-up prose, each about one person, with links to the others; names recur in several articles. */
export function tinyPages(articles: number): TinyPage[] {
  const random = randomFromSeed(5);
  const first = ['Alba', 'Bruno', 'Celia', 'Dario', 'Elsa', 'Fabio', 'Greta', 'Hugo'];
  const last = ['Marlow', 'Quint', 'Sorrel', 'Tamber', 'Underhay', 'Vance', 'Wexford', 'Yarrow'];
  const places = ['Kestrel Bay', 'Ormond', 'Pinehurst', 'Quarrel Island', 'Redwater', 'Selby Valley'];
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)]!;
  const names = Array.from({ length: articles }, (_, i) => `${first[i % 8]} ${last[(i * 3 + Math.floor(i / 8)) % 8]}`);
  const sentence = (name: string): string =>
    pick([
      () =>
        `In ${1850 + random.integer(90)} the painter [[${pick(names)}]] came to [[${pick(places)}]] and stayed there for some years with the family of a friend.`,
      () =>
        `${name} wrote ${10 + random.integer(80)} letters to [[${pick(names)}]] about the harbour of ${pick(places)} and the people who worked there.`,
      () =>
        `The road from ${pick(places)} to ${pick(places)} was finished on ${1 + random.integer(28)} March ${1850 + random.integer(90)} after a long dispute about money.`,
      () => `It is not known why the old bridge near ${pick(places)} was never repaired, although many had asked for it in the council.`,
      () => `Later the house was sold to ${pick(names)}, who kept a garden of {{convert|${2 + random.integer(30)}|acre}} behind it.`,
    ])();
  return names.map((title) => ({
    title,
    text: `'''${title}''' was a writer.<ref>A source</ref>\n\n${Array.from({ length: 6 }, () => Array.from({ length: 9 }, () => sentence(title)).join(' ')).join('\n\n')}\n\n[[Category:1850 births]]`,
  }));
}

/** A fresh folder under the system's temporary one. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'memtrain-corpus-'));
}

/** Writes a dump of the pages and returns its path. */
export async function writeDump(folder: string, pages: readonly TinyPage[]): Promise<string> {
  const path = join(folder, 'tiny.xml');
  await writeFile(path, dumpXml(pages));
  return path;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
