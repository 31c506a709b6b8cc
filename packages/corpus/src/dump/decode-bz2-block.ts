import { bz2Checksum } from './bz2-checksum.ts';
import { blockChecksum } from './bz2-blocks.ts';
import type { Bz2Block } from './bz2-blocks.ts';
import { bz2CodeTable, LOOKUP_BITS, MOST_CODE_BITS } from './bz2-code-tables.ts';
import type { Bz2CodeTable } from './bz2-code-tables.ts';
import { unsort } from './bz2-unsort.ts';

/** Magic number and checksum. */
const HEAD_BITS = 80;
/** Symbols that one code serves before the next is chosen. */
const GROUP_SYMBOLS = 50;
/** A group of the longest codes, and what is read at once beyond it: the bits end only where a group is checked. */
const PADDING_BYTES = (GROUP_SYMBOLS * MOST_CODE_BITS) / 8 + 8;
const MOST_BLOCK_BYTES = 900_000;

/** Memory for a block, used again for the next: a block is decoded without a pause. */
let room: Uint8Array | undefined;

/** The text of a block; its checksum is verified. Throws an `Error` for damaged data. */
export function decodeBz2Block(block: Bz2Block): Uint8Array {
  const permuted = (room ??= new Uint8Array(MOST_BLOCK_BYTES + 8));
  const view = new DataView(permuted.buffer);
  const reader = openBits(block);
  // Blocks were shuffled by bzip2 before 0.9.5 (1999) when they repeated themselves.
  if (reader.read(1) !== 0) throw new Error('a block is randomised, which only bzip2 before 0.9.5 did: decompress the file with bzip2');
  const origin = reader.read(24);
  const size = readSymbols(reader, view, block.level * 100_000);
  if (origin >= size) throw new Error('a block starts outside itself');
  const sorted = permuted.subarray(0, size);
  unsort(sorted, origin);
  const text = expandRuns(sorted);
  if (bz2Checksum(text) !== blockChecksum(block)) throw new Error('the checksum of a block is wrong');
  return text;
}

interface BitReader {
  /** The block's bytes and some zeros. */
  readonly view: DataView;
  /** Where the block ends. */
  readonly end: number;
  at: number;
  /** The next bits, at most 25. */
  read(bits: number): number;
}

function openBits({ bits, firstBit, bitLength }: Bz2Block): BitReader {
  const end = firstBit + bitLength;
  const padded = new Uint8Array(Math.ceil(end / 8) + PADDING_BYTES);
  padded.set(bits);
  const view = new DataView(padded.buffer);
  return {
    view,
    end,
    at: firstBit + HEAD_BITS,
    read(count) {
      if (this.at + count > end) throw new Error('a block is cut off');
      const value = (view.getUint32(this.at >> 3) << (this.at & 7)) >>> (32 - count);
      this.at += count;
      return value;
    },
  };
}

/** Reads the bytes that occur, ascending. */
function readBytesInUse(reader: BitReader): Uint8Array {
  const found: number[] = [];
  const rows = reader.read(16);
  for (let row = 0; row < 16; row++) {
    if (((rows >> (15 - row)) & 1) === 0) continue;
    const columns = reader.read(16);
    for (let column = 0; column < 16; column++) if ((columns >> (15 - column)) & 1) found.push(row * 16 + column);
  }
  if (found.length === 0) throw new Error('a block has no bytes');
  return Uint8Array.from(found);
}

/** Reads which code serves each group of symbols. */
function readSelectors(reader: BitReader, codes: number): Uint8Array {
  const selectors = new Uint8Array(reader.read(15));
  const recent = Array.from({ length: codes }, (_, code) => code);
  for (let i = 0; i < selectors.length; i++) {
    let place = 0;
    while (reader.read(1) === 1) if (++place >= codes) throw new Error('a block names a code that it does not have');
    const [code] = recent.splice(place, 1) as [number];
    recent.unshift(code);
    selectors[i] = code;
  }
  return selectors;
}

function readCodeTable(reader: BitReader, symbols: number): Bz2CodeTable {
  const lengths = new Uint8Array(symbols);
  let length = reader.read(5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > MOST_CODE_BITS) throw new Error('a block has a code of impossible length');
      if (reader.read(1) === 0) break;
      length += reader.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return bz2CodeTable(lengths);
}

/** Reads the block's symbols and undoes run lengths and move-to-front; at most `most` bytes come into `permuted`. Returns their number. */
function readSymbols(reader: BitReader, permuted: DataView, most: number): number {
  const inUse = readBytesInUse(reader);
  // Four bytes to a number, the most recent lowest: moving one to the front takes few steps.
  const recent = new Int32Array(64);
  for (const [place, byte] of inUse.entries()) recent[place >> 2]! |= byte << ((place & 3) << 3);
  const end = inUse.length + 1;
  const codes = reader.read(3);
  if (codes < 2 || codes > 6) throw new Error('a block has an impossible number of codes');
  const selectors = readSelectors(reader, codes);
  const tables = Array.from({ length: codes }, () => readCodeTable(reader, end + 1));
  const { view, end: bitEnd } = reader;
  let at = reader.at;
  let size = 0;
  let run = 0;
  let unit = 1;
  for (const selector of selectors) {
    const { lookup, limits, bases, symbols } = tables[selector]!;
    if (at > bitEnd) throw new Error('a block is cut off');
    for (let i = 0; i < GROUP_SYMBOLS; i++) {
      const bits = view.getUint32(at >> 3) << (at & 7);
      const entry = lookup[bits >>> (32 - LOOKUP_BITS)]!;
      let symbol = entry >> 5;
      if (entry !== 0) at += entry & 31;
      else {
        const code = bits >>> (32 - MOST_CODE_BITS);
        let length = LOOKUP_BITS + 1;
        while (length <= MOST_CODE_BITS && code >= limits[length]!) length++;
        if (length > MOST_CODE_BITS) throw new Error('a block has bits that are no code');
        symbol = symbols[(code >> (MOST_CODE_BITS - length)) + bases[length]!]!;
        at += length;
      }
      if (symbol <= 1) {
        // Symbols 0 and 1 are the digits 1 and 2 of a run's length, lowest first.
        run += unit << symbol;
        unit <<= 1;
        if (run > most) throw new Error('a block is longer than its stream allows');
        continue;
      }
      if (size + run > most) throw new Error('a block is longer than its stream allows');
      // Most runs are short, and a test for none would be wrong half the time: what is too much is written over.
      const front = Math.imul(recent[0]! & 255, 0x01010101);
      permuted.setInt32(size, front);
      for (let filled = 4; filled < run; filled += 4) permuted.setInt32(size + filled, front);
      size += run;
      run = 0;
      unit = 1;
      if (symbol === end) {
        if (at !== bitEnd) throw new Error(at > bitEnd ? 'a block is cut off' : 'a block goes on after its end');
        return size;
      }
      if (size === most) throw new Error('a block is longer than its stream allows');
      let word = (symbol - 1) >> 2;
      const shift = ((symbol - 1) & 3) << 3;
      const below = (1 << shift) - 1;
      let moved = recent[word]!;
      const byte = (moved >>> shift) & 255;
      moved = (moved & ~((below << 8) | 255)) | ((moved & below) << 8);
      for (; word > 0; word--) {
        const lower = recent[word - 1]!;
        recent[word] = moved | (lower >>> 24);
        moved = lower << 8;
      }
      recent[0] = moved | byte;
      permuted.setUint8(size++, byte);
    }
  }
  throw new Error('a block has no end');
}

/** Four equal bytes are followed by the number of further ones. */
function expandRuns(bytes: Uint8Array): Uint8Array {
  const size = bytes.length;
  let text = new Uint8Array(size + (size >> 6) + 1024);
  let used = 0;
  for (let from = 0; from < size;) {
    const end = runEnd(bytes, from);
    const more = end < size ? bytes[end]! : 0;
    const least = used + (end - from) + more + (size - end);
    if (least > text.length) text = grown(text, least);
    text.set(bytes.subarray(from, end), used);
    used += end - from;
    text.fill(bytes[end - 1]!, used, used + more);
    used += more;
    from = end + 1;
  }
  return text.subarray(0, used);
}

/** Where the first four equal bytes at or after `from` end; the end of the bytes when there are none. */
function runEnd(bytes: Uint8Array, from: number): number {
  // Every third pair: one of them lies within any four.
  for (let i = from + 1; i < bytes.length; i += 3) {
    const byte = bytes[i]!;
    if (bytes[i - 1] !== byte) continue;
    let start = i - 1;
    while (start > from && bytes[start - 1] === byte) start--;
    let end = i + 1;
    while (end < start + 4 && bytes[end] === byte) end++;
    if (end === start + 4) return end;
  }
  return bytes.length;
}

function grown(bytes: Uint8Array, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(least, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}
