/** One Huffman code of a bzip2 block, for decoding with one look at the next bits. */
export interface Bz2CodeTable {
  /** By the next `LOOKUP_BITS` bits: symbol times 32 plus the code's length; 0 when the code is longer, or none. */
  readonly lookup: Uint16Array;
  /** By length: one more than the last code of that length, moved to the top of `MOST_CODE_BITS` bits. */
  readonly limits: Int32Array;
  /** By length: what makes an index into `symbols` of a code. */
  readonly bases: Int32Array;
  /** Symbols in the order of their codes. */
  readonly symbols: Uint16Array;
}

/** Codes of up to so many bits, nearly all that occur, are found without a search; six tables fit into the nearest cache. */
export const LOOKUP_BITS = 10;
export const MOST_CODE_BITS = 20;

/** The canonical code in which symbol s has `lengths[s]` bits. Throws an `Error` when there is no such code. */
export function bz2CodeTable(lengths: Uint8Array): Bz2CodeTable {
  const symbols = new Uint16Array(lengths.length);
  const lookup = new Uint16Array(1 << LOOKUP_BITS);
  const limits = new Int32Array(MOST_CODE_BITS + 1);
  const bases = new Int32Array(MOST_CODE_BITS + 1);
  let code = 0;
  let used = 0;
  for (let length = 1; length <= MOST_CODE_BITS; length++) {
    bases[length] = used - code;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      if (code >> length !== 0) throw new Error('a block has more codes than bits can tell apart');
      symbols[used++] = symbol;
      if (length <= LOOKUP_BITS) {
        const from = code << (LOOKUP_BITS - length);
        lookup.fill((symbol << 5) | length, from, from + (1 << (LOOKUP_BITS - length)));
      }
      code++;
    }
    limits[length] = code << (MOST_CODE_BITS - length);
    code <<= 1;
  }
  return { lookup, limits, bases, symbols };
}
