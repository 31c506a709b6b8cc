import { normalizeText } from './normalize.ts';
import { tidy } from './prose.ts';
import type { Link, Paragraph } from './prose.ts';
import { HEADING, LIST_ITEM, scanWikitext } from './scan-wikitext.ts';
import type { Scan } from './scan-wikitext.ts';

export interface Prose {
  readonly paragraphs: readonly Paragraph[];
  /** Templates that were neither expanded nor dropped on purpose, with how often they occurred. */
  readonly unknownTemplates: ReadonlyMap<string, number>;
}

/** Sections without prose; their text is left out. */
const SKIPPED_SECTIONS = new Set([
  'references',
  'external links',
  'further reading',
  'see also',
  'notes',
  'bibliography',
  'footnotes',
  'sources',
  'citations',
  'notes and references',
  'references and notes',
  'works cited',
  'gallery',
]);

/**
 * Plain paragraphs of a wikitext, with its links as offsets into them: one pass, no network, no template pages.
 * Numbers in `{{convert}}` and foreign words in `{{lang}}` stay; tables, files, references and unknown templates go. Never throws.
 */
export function wikitextToProse(wikitext: string): Prose {
  const scan: Scan = { parts: [], length: 0, links: [], unknownTemplates: new Map() };
  scanWikitext(normalizeText(wikitext), scan);
  const paragraphs: Paragraph[] = [];
  const links = scan.links.toSorted((a, b) => a.start - b.start);
  let heading = '';
  let skip = false;
  let open: { text: string; links: Link[] } | undefined;
  const close = (): void => {
    if (open) addParagraph(paragraphs, heading, open.text, open.links, false);
    open = undefined;
  };
  let nextLink = 0;
  let start = 0;
  for (const line of scan.parts.join('').split('\n')) {
    const end = start + line.length;
    const own: Link[] = [];
    for (; nextLink < links.length && links[nextLink]!.start < end; nextLink++) {
      const link = links[nextLink]!;
      if (link.start >= start && link.end <= end) own.push({ start: link.start - start, end: link.end - start, target: link.target });
    }
    start = end + 1;
    if (line.startsWith(HEADING)) {
      close();
      const title = tidy({ text: line.slice(2), links: [] }).text;
      if (Number(line[1]) <= 2) skip = SKIPPED_SECTIONS.has(title.toLowerCase());
      heading = title;
    } else if (skip || line.trim() === '') {
      close();
    } else if (line.startsWith(LIST_ITEM)) {
      close();
      addParagraph(paragraphs, heading, line.slice(1), shift(own, -1), true);
    } else if (open) {
      // Lines without a blank one between them are one paragraph.
      const offset = open.text.length + 1;
      open.text += ` ${line}`;
      for (const link of shift(own, offset)) open.links.push(link);
    } else {
      open = { text: line, links: own };
    }
  }
  close();
  return { paragraphs, unknownTemplates: scan.unknownTemplates };
}

function shift(links: readonly Link[], by: number): Link[] {
  return links.map(({ start, end, target }) => ({ start: start + by, end: end + by, target }));
}

function addParagraph(paragraphs: Paragraph[], heading: string, text: string, links: readonly Link[], isListItem: boolean): void {
  // A mark inside a template's text can stand in mid-line.
  const clean = text.includes(HEADING) || text.includes(LIST_ITEM) ? text.replaceAll(/[\x01\x02]/g, ' ') : text;
  const tidied = tidy({ text: clean, links });
  if (tidied.text !== '') paragraphs.push({ heading, text: tidied.text, links: tidied.links, isListItem });
}
