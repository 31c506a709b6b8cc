import { openBytes } from './open-bytes.ts';
import type { OpenBytes, OpenBytesOptions } from './open-bytes.ts';
import { pageBatches } from './page-batches.ts';
import type { PageBatch } from './page-batches.ts';
import { parsePage } from './parse-page.ts';
import type { Page } from './parse-page.ts';
import { slicePages } from './slice-pages.ts';
import { toUtf8 } from './to-utf8.ts';

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

export interface ReadDumpOptions extends OpenBytesOptions {
  /** Called now and then with the bytes of the file read so far and its size. */
  readonly onProgress?: (bytesRead: number, bytesTotal: number) => void;
  /** Receives the opened file, for its hash. */
  readonly onOpen?: (dump: OpenBytes) => void;
}

/** Whole template names outside English: longer ones (Begriffsklärungshinweis) stand on ordinary articles. */
const DISAMBIGUATION = new RegExp(
  '\\{\\{\\s*(?:disambig(?!uation needed)|dab\\b|hndis|geodis|numberdis|schooldis|mil-unit-dis|surname\\b|given name\\b|' +
    '(?:begriffsklärung|неоднозначность|曖昧さ回避|消歧义|توضيح|ابهام‌زدایی)\\s*\\}\\})|__DISAMBIG__',
  'i',
);

/**
 * Reads a MediaWiki dump (plain, bzip2 with one stream or many, gzip, zstd; `-` is standard input) page by page; memory stays at about
 * one batch of pages. Throws `CorpusError`: `no-file`, `bad-source`, `bad-bz2`, `bad-compression`, `not-a-dump`, `truncated`.
 * A malformed, oversized or wrongly encoded page is a `rejected` record, not an error.
 */
export async function* readDump(path: string, options: ReadDumpOptions = {}): AsyncGenerator<DumpRecord> {
  const dump = await openBytes(path, options);
  options.onOpen?.(dump);
  let pages = 0;
  for await (const batch of pageBatches(toUtf8(dump.chunks), path)) {
    options.onProgress?.(dump.bytesRead(), dump.bytesTotal);
    for (const record of recordsOfBatch(batch)) {
      yield { ...record, position: { page: ++pages, byte: record.position.byte } };
    }
  }
  options.onProgress?.(dump.bytesRead(), dump.bytesTotal);
}

/** The pages of one batch, numbered from 1 within it. */
export function* recordsOfBatch(batch: PageBatch): Generator<DumpRecord> {
  let page = 0;
  if (batch.oversized) {
    yield { type: 'rejected', position: { page: 1, byte: batch.byte }, reason: 'the page is larger than 32 MiB' };
    return;
  }
  for (const block of slicePages(batch.bytes)) {
    const position = { page: ++page, byte: batch.byte + block.byte };
    if (block.unclosed) yield { type: 'rejected', position, reason: 'the page is not closed before the next one starts' };
    else yield { position, ...classify(block.xml) };
  }
}

type Classified =
  | { type: 'article'; page: Page }
  | { type: 'redirect'; title: string; target: string }
  | { type: 'disambiguation'; title: string }
  | { type: 'other-namespace'; title: string }
  | { type: 'rejected'; reason: string };

function classify(xml: Buffer): Classified {
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
