import { CorpusError } from '../errors.ts';

/** A stretch of a dump's XML from the first `<page>` to the last `</page>` in it: many whole pages. */
export interface PageBatch {
  readonly bytes: Buffer;
  /** Offset of the stretch in the decompressed UTF-8 XML. */
  readonly byte: number;
  /** Set when the stretch is only the start of a page too large to read; the rest was skipped. */
  readonly oversized?: true;
}

/** What the dump says of itself before its first page. */
export interface DumpHead {
  /** Address of the wiki's main page; '' when absent. */
  readonly base: string;
}

export interface PageBatchesOptions {
  /** Bytes after which a batch is cut at the next end of a page. Default 1 MiB. */
  readonly batchBytes?: number;
  /** Larger pages become `oversized`. Default 32 MiB, more than any current revision (MediaWiki allows 2 MB of text). */
  readonly maxPageBytes?: number;
  readonly onHead?: (head: DumpHead) => void;
}

const OPEN = Buffer.from('<page>');
const CLOSE = Buffer.from('</page>');
const DUMP_OPEN = '<mediawiki';
const DUMP_CLOSE = '</mediawiki>';
/** A dump names itself at once; looking further would read a whole foreign file into memory. */
const HEAD_BYTES = 1 << 16;

/**
 * Cuts a stream of UTF-8 XML at ends of pages; wikitext inside is escaped, so the tags cannot occur in it.
 * Throws `CorpusError`: `not-a-dump` when there is no `<mediawiki` root, `truncated` when a page or the root is not closed.
 */
export async function* pageBatches(
  chunks: AsyncIterable<Buffer>,
  name: string,
  options: PageBatchesOptions = {},
): AsyncGenerator<PageBatch> {
  const { batchBytes = 1 << 20, maxPageBytes = 1 << 25 } = options;
  let held: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];
  let partBytes = 0;
  let at = 0;
  let isDump = false;
  let hasHead = false;
  let skipping = false;
  let sawEnd = false;
  const drop = (count: number): void => {
    held = held.subarray(count);
    at += count;
  };
  for await (const chunk of chunks) {
    parts.push(chunk);
    partBytes += chunk.length;
    // Small chunks are gathered, so that a long page is not copied again for each of them.
    if (isDump && partBytes < Math.max(batchBytes, held.length) && held.length + partBytes <= maxPageBytes) continue;
    held = held.length === 0 && parts.length === 1 ? parts[0]! : Buffer.concat([held, ...parts]);
    parts = [];
    partBytes = 0;
    if (!isDump) {
      isDump = held.subarray(0, HEAD_BYTES).includes(DUMP_OPEN);
      if (!isDump && held.length >= HEAD_BYTES) throw notADump(name);
      if (!isDump) continue;
    }
    yield* cut();
  }
  if (parts.length > 0) held = Buffer.concat([held, ...parts]);
  if (!isDump && !held.subarray(0, HEAD_BYTES).includes(DUMP_OPEN)) throw notADump(name);
  yield* cut();
  sawEnd ||= held.includes(DUMP_CLOSE);
  if (skipping || held.includes(OPEN)) {
    throw new CorpusError('truncated', `${name} ends inside a page (it starts at byte ${at} of the XML): download the file again`);
  }
  if (!sawEnd) {
    throw new CorpusError(
      'truncated',
      `${name} ends at byte ${at + held.length} of the XML without ${DUMP_CLOSE}: the rest is missing, download the file again`,
    );
  }

  function* cut(): Generator<PageBatch> {
    if (skipping) {
      const end = held.indexOf(CLOSE);
      if (end < 0) return drop(Math.max(0, held.length - CLOSE.length));
      drop(end + CLOSE.length);
      skipping = false;
    }
    const start = held.indexOf(OPEN);
    if (start >= 0 && !hasHead) {
      hasHead = true;
      options.onHead?.({ base: /<base>([^<]*)<\/base>/.exec(held.subarray(0, start).toString('utf8'))?.[1] ?? '' });
    }
    if (start < 0) {
      sawEnd ||= held.includes(DUMP_CLOSE);
      // The head stays, for what it says; otherwise only what may be the start of a tag.
      if (hasHead || held.length > HEAD_BYTES) drop(Math.max(0, held.length - DUMP_CLOSE.length));
      return;
    }
    drop(start);
    const end = held.lastIndexOf(CLOSE);
    if (end >= 0) {
      const size = end + CLOSE.length;
      yield { bytes: held.subarray(0, size), byte: at };
      drop(size);
    }
    if (held.length > maxPageBytes) {
      yield { bytes: held.subarray(0, HEAD_BYTES), byte: at, oversized: true };
      skipping = true;
      drop(held.length - CLOSE.length);
    }
  }
}

function notADump(name: string): CorpusError {
  return new CorpusError(
    'not-a-dump',
    `${name} has no <mediawiki> element in its first ${HEAD_BYTES >> 10} KiB: it is not a MediaWiki XML dump`,
  );
}
