import { STOP_WORDS, termSpans } from './terms.ts';
import { termTableBuilder } from './term-table.ts';
import type { TermTable } from './term-table.ts';

/** What BM25 reads of a passage. */
export interface IndexedText {
  readonly title: string;
  readonly text: string;
}

/** An inverted index over at most 65,536 passages, in typed arrays: 3 bytes a posting, and its own terms. */
export interface IndexShard {
  /** Number of passages. */
  readonly size: number;
  readonly terms: TermTable;
  /** Postings of term t: `offsets[t]` to `offsets[t + 1]`; passages ascend within a term. */
  readonly offsets: Uint32Array;
  /** Passage of each posting, counted from the shard's first. */
  readonly passages: Uint16Array;
  /** Occurrences of the term in the passage, at most 255. */
  readonly frequencies: Uint8Array;
  /** Terms of each passage, stop words left out. */
  readonly lengths: Uint32Array;
}

/** Most passages of a shard: their numbers fit into 16 bits, and a query's scores into the processor's cache. */
export const SHARD_SIZE = 65_536;

/** Inverts titles and texts; throws a `RangeError` for more than `SHARD_SIZE` passages. */
export function buildShard(passages: Iterable<IndexedText>): IndexShard {
  const table = termTableBuilder();
  // The stop words are the first terms, so that a number tells them.
  for (const word of STOP_WORDS) table.add(word, 0, word.length);
  const stopWords = table.size;
  let term = new Uint32Array(1 << 16);
  let passage = new Uint16Array(1 << 16);
  let frequency = new Uint8Array(1 << 16);
  /** Posting of a term in the passage at hand, and how many passages have it. */
  let latest = new Int32Array(1 << 16).fill(-1);
  let documentFrequency = new Uint32Array(1 << 16);
  const lengths = new Uint32Array(SHARD_SIZE);
  let spans = new Uint32Array(1 << 14);
  let count = 0;
  let size = 0;
  for (const { title, text } of passages) {
    if (size === SHARD_SIZE) throw new RangeError(`a shard holds at most ${SHARD_SIZE} passages`);
    const lower = `${title} ${text}`.toLowerCase();
    if (lower.length + 2 > spans.length) spans = new Uint32Array(2 * lower.length + 2);
    const used = termSpans(lower, spans);
    const first = count;
    let length = 0;
    for (let i = 0; i < used; i += 2) {
      const own = table.add(lower, spans[i]!, spans[i + 1]!);
      if (own < stopWords) continue;
      length++;
      if (own >= latest.length) {
        const grown = new Int32Array(latest.length * 2).fill(-1);
        grown.set(latest);
        latest = grown;
        documentFrequency = copyInto(documentFrequency, new Uint32Array(documentFrequency.length * 2));
      }
      const posting = latest[own]!;
      if (posting >= first) {
        if (frequency[posting]! < 255) frequency[posting]!++;
        continue;
      }
      if (count === term.length) {
        term = copyInto(term, new Uint32Array(count * 2));
        passage = copyInto(passage, new Uint16Array(count * 2));
        frequency = copyInto(frequency, new Uint8Array(count * 2));
      }
      latest[own] = count;
      documentFrequency[own]!++;
      term[count] = own;
      passage[count] = size;
      frequency[count] = 1;
      count++;
    }
    lengths[size++] = length;
  }
  const offsets = new Uint32Array(table.size + 1);
  for (let t = 0; t < table.size; t++) offsets[t + 1] = offsets[t]! + (documentFrequency[t] ?? 0);
  // Counting sort by term keeps passages in ascending order within a term.
  const next = offsets.slice();
  const passages16 = new Uint16Array(count);
  const frequencies = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const slot = next[term[i]!]!++;
    passages16[slot] = passage[i]!;
    frequencies[slot] = frequency[i]!;
  }
  return { size, terms: table.finish(), offsets, passages: passages16, frequencies, lengths: lengths.slice(0, size) };
}

function copyInto<T extends Uint32Array | Uint16Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
