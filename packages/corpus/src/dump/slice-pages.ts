/** One `<page>...</page>` block and where it starts. */
export interface PageBlock {
  readonly xml: Buffer;
  /** Offset of `<page>` in the bytes given. */
  readonly byte: number;
  /** True when another `<page>` began before this one was closed. */
  readonly unclosed: boolean;
}

const OPEN = Buffer.from('<page>');
const CLOSE = Buffer.from('</page>');

/** Cuts a batch of whole pages into the pages. */
export function* slicePages(batch: Buffer): Generator<PageBlock> {
  let start = batch.indexOf(OPEN);
  while (start >= 0) {
    const end = batch.indexOf(CLOSE, start);
    const next = batch.indexOf(OPEN, start + OPEN.length);
    if (next >= 0 && (end < 0 || next < end)) {
      yield { xml: batch.subarray(start, next), byte: start, unclosed: true };
    } else {
      if (end < 0) return;
      yield { xml: batch.subarray(start, end + CLOSE.length), byte: start, unclosed: false };
    }
    start = next;
  }
}
