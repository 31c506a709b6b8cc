import { createReadStream } from 'node:fs';
import { sharedNumbers } from './shared-numbers.ts';

/** Lines of a file by hash: typed arrays in shared memory, 16 bytes a line and a hash table. */
export interface LineIndex {
  /** Number of a line plus one at its slot; 0 is free. The length is a power of two. */
  readonly slots: Uint32Array;
  /** The first 64 bits of each line's hash. */
  readonly hashes: Uint32Array;
  /** Byte at which each line starts, and in the end the file's size. Empty lines belong to the line before. */
  readonly offsets: Float64Array;
}

/** Reads a file for its lines; `hashOf` gives the hash of a line (at least 16 hexadecimal digits), numbered from 1. Of equal hashes the first stays. */
export async function indexLines(path: string, hashOf: (line: string, number: number) => string): Promise<LineIndex> {
  const hashes: number[] = [];
  const offsets: number[] = [];
  let number = 0;
  let position = 0;
  let rest: Buffer = Buffer.alloc(0);
  const add = (line: Buffer): void => {
    const text = line.toString('utf8');
    number++;
    if (text.trim() !== '') {
      hashes.push(...wordsOf(hashOf(text, number)));
      offsets.push(position);
    }
    position += line.length;
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 22 }) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      add(bytes.subarray(from, at + 1));
      from = at + 1;
    }
    rest = bytes.subarray(from);
  }
  if (rest.length > 0) add(rest);
  offsets.push(position);
  let size = 16;
  while (size < hashes.length) size *= 2;
  const index: LineIndex = {
    slots: sharedNumbers(size),
    hashes: sharedNumbers(hashes.length),
    offsets: new Float64Array(new SharedArrayBuffer(8 * offsets.length)),
  };
  index.hashes.set(hashes);
  index.offsets.set(offsets);
  for (let line = 0; 2 * line < hashes.length; line++) {
    const slot = slotOf(index, hashes[2 * line]!, hashes[2 * line + 1]!);
    if (index.slots[slot] === 0) index.slots[slot] = line + 1;
  }
  return index;
}

/** The line with this hash, counted from 0 among those that are not empty; -1 when there is none. */
export function lineOf(index: LineIndex, hash: string): number {
  const [high, low] = wordsOf(hash);
  return index.slots[slotOf(index, high, low)]! - 1;
}

/** Slot of a hash: its own, or the free one where it would stand. */
function slotOf({ slots, hashes }: LineIndex, high: number, low: number): number {
  const mask = slots.length - 1;
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const line = slots[slot]! - 1;
    if (line < 0 || (hashes[2 * line] === high && hashes[2 * line + 1] === low)) return slot;
  }
}

function wordsOf(hash: string): [high: number, low: number] {
  return [Number.parseInt(hash.slice(0, 8), 16) >>> 0, Number.parseInt(hash.slice(8, 16), 16) >>> 0];
}
