/**
 * bzip2 data cut into its blocks. A block (at most 900 kB of text) decodes alone, so one decoder serves single streams, multistream files
 * and standard input, and the blocks of any of them can be decoded in parallel.
 */
export interface Bz2Block {
  /** The bytes that hold the block, and perhaps some bits of the ones before and after it. */
  readonly bits: Uint8Array;
  /** Where its magic number starts in the first byte: 0 is the highest bit. */
  readonly firstBit: number;
  readonly bitLength: number;
  /** Block size that the stream's header names, 1 to 9 (times 100 kB). */
  readonly level: number;
}

/** The end of a stream, with the checksum that its blocks must give together. */
export interface Bz2StreamEnd {
  readonly checksum: number;
}

const HEADER_BYTES = 4;
const MAGIC_BITS = 48;
const BLOCK = [0x314159, 0x265359] as const;
const STREAM_END = [0x177245, 0x385090] as const;
/** No compressed block is larger; what is, is damaged. */
const MAX_BLOCK_BYTES = 1 << 21;

/** Yields blocks and stream ends in order; throws an `Error` that says what is wrong. */
export async function* splitBz2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Bz2Block | Bz2StreamEnd> {
  const input = source[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  let ended = false;
  const more = async (): Promise<void> => {
    const next = await input.next();
    if (next.done) ended = true;
    else held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
  };
  const need = async (bytes: number): Promise<boolean> => {
    while (held.length < bytes && !ended) await more();
    return held.length >= bytes;
  };
  let streams = 0;
  for (;;) {
    if (!(await need(HEADER_BYTES))) {
      if (held.length === 0 && streams > 0) return;
      throw new Error('the data ends inside a stream header');
    }
    const level = held[3]! - 48;
    if (held[0] !== 0x42 || held[1] !== 0x5a || held[2] !== 0x68 || level < 1 || level > 9) {
      throw new Error(streams === 0 ? 'it does not start with a bzip2 header' : `bytes that are no bzip2 follow stream ${streams}`);
    }
    let at = HEADER_BYTES * 8;
    for (;;) {
      if (!(await need(Math.ceil((at + MAGIC_BITS + 32) / 8)))) throw new Error(`stream ${streams + 1} is cut off`);
      if (isMagic(held, at, STREAM_END)) {
        yield { checksum: readBits(held, at + MAGIC_BITS, 32) };
        held = held.subarray(Math.ceil((at + MAGIC_BITS + 32) / 8));
        streams++;
        break;
      }
      if (!isMagic(held, at, BLOCK)) throw new Error(`a block of stream ${streams + 1} does not start where it should`);
      let from = at + MAGIC_BITS + 32;
      let end = -1;
      for (;;) {
        end = findMagic(held, from);
        // What looks like the end of a stream must be followed by another stream, or by nothing.
        if (end >= 0 && isMagic(held, end, STREAM_END)) {
          const after = Math.ceil((end + MAGIC_BITS + 32) / 8);
          const hasMore = await need(after + 1);
          if (held.length < after || (hasMore && held[after] !== 0x42)) {
            if (held.length < after) throw new Error(`stream ${streams + 1} is cut off`);
            from = end + 1;
            continue;
          }
        }
        if (end >= 0) break;
        if (ended) throw new Error(`block of stream ${streams + 1} is cut off`);
        if (held.length - (at >> 3) > MAX_BLOCK_BYTES) throw new Error(`a block of stream ${streams + 1} has no end`);
        from = Math.max(from, (held.length - 7) * 8);
        await more();
      }
      yield { bits: new Uint8Array(held.subarray(at >> 3, Math.ceil(end / 8))), firstBit: at & 7, bitLength: end - at, level };
      held = held.subarray(end >> 3);
      at = end & 7;
    }
  }
}

/** The checksum that the block's header names. */
export function blockChecksum(block: Bz2Block): number {
  return readBits(block.bits, block.firstBit + MAGIC_BITS, 32);
}

/** Two stretches of bits one behind the other: undoes a cut at bits that only looked like a block's magic number. */
export function joinBlocks(first: Bz2Block, second: Bz2Block): Bz2Block {
  // The byte with the cut is in both.
  const from = (first.firstBit + first.bitLength) >> 3;
  const bits = new Uint8Array(from + second.bits.length);
  bits.set(first.bits.subarray(0, from));
  bits.set(second.bits, from);
  return { bits, firstBit: first.firstBit, bitLength: first.bitLength + second.bitLength, level: first.level };
}

/** `count` bits (at most 32) at bit `at`, as an unsigned number. */
function readBits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 2 + ((bytes[(at + i) >> 3]! >> (7 - ((at + i) & 7))) & 1);
  return value;
}

function isMagic(bytes: Uint8Array, at: number, magic: readonly [number, number]): boolean {
  return readBits(bytes, at, 24) === magic[0] && readBits(bytes, at + 24, 24) === magic[1];
}

const STEP = 4;
/** Whole bytes of a magic number at any bit offset are five or six, so one of every four places has two of them: the pairs that do. */
const PAIRS: Uint8Array = pairs();

function pairs(): Uint8Array {
  const found = new Uint8Array(1 << 16);
  for (const [high, low] of [BLOCK, STREAM_END]) {
    const magic = (BigInt(high) << 24n) | BigInt(low);
    for (let first = 0; first < 8 * STEP; first++) found[Number((magic >> BigInt(MAGIC_BITS - 16 - first)) & 0xffffn)] = 1;
  }
  return found;
}

/** First bit at or after `from` where a whole magic number of either kind starts; -1 when there is none. */
function findMagic(bytes: Uint8Array, from: number): number {
  for (let i = nextPair(bytes, from >> 3); i >= 0; i = nextPair(bytes, i + STEP)) {
    // The pair is bits b to b + 16 of the magic number, b up to 31.
    for (let at = Math.max(from, i * 8 - 8 * STEP + 1); at <= i * 8 && at + MAGIC_BITS <= bytes.length * 8; at++) {
      if (isMagic(bytes, at, BLOCK) || isMagic(bytes, at, STREAM_END)) return at;
    }
  }
  return -1;
}

/** First place at or after `from`, in steps, where a pair of bytes is one of `PAIRS`; -1 when there is none. */
function nextPair(bytes: Uint8Array, from: number): number {
  for (let i = from; i + 1 < bytes.length; i += STEP) if (PAIRS[(bytes[i]! << 8) | bytes[i + 1]!] === 1) return i;
  return -1;
}
