import { CorpusError } from '../errors.ts';

/** One `<page>...</page>` block and where it starts in the decompressed XML. */
export interface PageBlock {
  readonly xml: string;
  /** Byte offset of `<page>` in the decompressed UTF-8 XML. */
  readonly byte: number;
  /** True when another `<page>` began before this one was closed. */
  readonly unclosed: boolean;
}

const OPEN = Buffer.from('<page>');
const CLOSE = Buffer.from('</page>');
const DUMP_OPEN = '<mediawiki';
const DUMP_CLOSE = '</mediawiki>';
/** A dump names itself at once; looking further would read a whole foreign file into memory. */
const HEAD_BYTES = 1 << 16;
/** Larger than any page's current revision (MediaWiki allows 2 MB of text). */
const MAX_PAGE_BYTES = 1 << 25;

/**
 * Cuts a stream of UTF-8 XML into pages; wikitext inside is escaped, so the tags cannot occur in it.
 * Throws `CorpusError`: `not-a-dump` when there is no `<mediawiki` root, `truncated` when a page or the root is not closed.
 */
export async function* slicePages(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<PageBlock> {
  let held: Buffer = Buffer.alloc(0);
  let heldAt = 0;
  let searched = 0;
  let isDump = false;
  let pages = 0;
  const drop = (count: number): void => {
    held = held.subarray(count);
    heldAt += count;
    searched = 0;
  };
  for await (const chunk of chunks) {
    held = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    if (!isDump) {
      isDump = held.subarray(0, HEAD_BYTES).includes(DUMP_OPEN);
      if (!isDump && held.length >= HEAD_BYTES) throw notADump(name);
      if (!isDump) continue;
    }
    for (;;) {
      const start = held.indexOf(OPEN);
      if (start < 0) {
        drop(Math.max(0, held.length - DUMP_CLOSE.length - 8));
        break;
      }
      if (start > 0) drop(start);
      const end = held.indexOf(CLOSE, searched);
      if (end < 0) {
        searched = Math.max(0, held.length - CLOSE.length);
        if (held.length > MAX_PAGE_BYTES) {
          throw new CorpusError(
            'not-a-dump',
            `${name}: the page at byte ${heldAt} is larger than ${MAX_PAGE_BYTES >> 20} MiB: use a dump of current revisions ` +
              `(pages-articles), not of the history`,
          );
        }
        break;
      }
      const block = held.subarray(0, end + CLOSE.length);
      const nested = block.indexOf(OPEN, OPEN.length);
      pages++;
      if (nested >= 0) {
        yield { xml: block.subarray(0, nested).toString('utf8'), byte: heldAt, unclosed: true };
        drop(nested);
      } else {
        yield { xml: block.toString('utf8'), byte: heldAt, unclosed: false };
        drop(block.length);
      }
    }
  }
  if (!isDump) throw notADump(name);
  if (held.indexOf(OPEN) >= 0) {
    throw new CorpusError(
      'truncated',
      `${name} ends inside page ${pages + 1} (it starts at byte ${heldAt} of the XML): download the file again`,
    );
  }
  if (!held.includes(DUMP_CLOSE)) {
    throw new CorpusError(
      'truncated',
      `${name} ends after page ${pages} without ${DUMP_CLOSE}: the rest is missing, download the file again`,
    );
  }
}

function notADump(name: string): CorpusError {
  return new CorpusError(
    'not-a-dump',
    `${name} has no <mediawiki> element in its first ${HEAD_BYTES >> 10} KiB: it is not a MediaWiki XML dump`,
  );
}
