import { openDump } from './open-dump.ts';
import type { OpenDump } from './open-dump.ts';
import { parsePage } from './parse-page.ts';
import type { Page } from './parse-page.ts';
import { slicePages } from './slice-pages.ts';

/** Where a page stands in its dump. */
export interface DumpPosition {
  /** Number of the page in the file, from 1. */
  readonly page: number;
  /** Byte offset in the decompressed XML (as UTF-8). */
  readonly byte: number;
}

/** One page of a dump: an article, something that is skipped (and why), or a bad record. */
export type DumpRecord = { readonly position: DumpPosition } & (
  | { readonly type: 'article'; readonly page: Page }
  | { readonly type: 'redirect'; readonly title: string; readonly target: string }
  | { readonly type: 'disambiguation'; readonly title: string }
  | { readonly type: 'other-namespace'; readonly title: string }
  | { readonly type: 'rejected'; readonly reason: string }
);

export interface ReadDumpOptions {
  /** Called before each page with the bytes of the file read so far and its size. */
  readonly onProgress?: (bytesRead: number, bytesTotal: number) => void;
  /** Receives the opened file, for its hash. */
  readonly onOpen?: (dump: OpenDump) => void;
}

/** Whole template names outside English: longer ones (Begriffsklärungshinweis) stand on ordinary articles. */
const DISAMBIGUATION = new RegExp(
  '\\{\\{\\s*(?:disambig(?!uation needed)|dab\\b|hndis|geodis|numberdis|schooldis|mil-unit-dis|surname\\b|given name\\b|' +
    '(?:begriffsklärung|неоднозначность|曖昧さ回避|消歧义|توضيح|ابهام‌زدایی)\\s*\\}\\})|__DISAMBIG__',
  'i',
);

/**
 * Reads a MediaWiki dump (`.xml`, `.xml.bz2`, multistream too) page by page; memory stays at about one page and one bzip2 block.
 * Throws `CorpusError`: `no-file`, `bad-bz2`, `not-a-dump`, `truncated`. A malformed page is a `rejected` record, not an error.
 */
export async function* readDump(path: string, options: ReadDumpOptions = {}): AsyncGenerator<DumpRecord> {
  const dump = await openDump(path);
  options.onOpen?.(dump);
  let number = 0;
  for await (const block of slicePages(dump.chunks, path)) {
    const position = { page: ++number, byte: block.byte };
    options.onProgress?.(dump.bytesRead(), dump.bytesTotal);
    if (block.unclosed) yield { type: 'rejected', position, reason: 'the page is not closed before the next one starts' };
    else yield { position, ...classify(block.xml) };
  }
  options.onProgress?.(dump.bytesRead(), dump.bytesTotal);
}

type Classified =
  | { type: 'article'; page: Page }
  | { type: 'redirect'; title: string; target: string }
  | { type: 'disambiguation'; title: string }
  | { type: 'other-namespace'; title: string }
  | { type: 'rejected'; reason: string };

function classify(xml: string): Classified {
  let page: Page;
  try {
    page = parsePage(xml);
  } catch (error) {
    return { type: 'rejected', reason: (error as Error).message };
  }
  const title = page.title;
  if (page.namespace !== 0) return { type: 'other-namespace', title };
  if (page.redirect !== undefined) return { type: 'redirect', title, target: page.redirect };
  if (title.endsWith('(disambiguation)') || DISAMBIGUATION.test(page.wikitext)) return { type: 'disambiguation', title };
  return { type: 'article', page };
}
