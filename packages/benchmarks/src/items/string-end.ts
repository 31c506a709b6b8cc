const quote = 0x22;
const backslash = 0x5c;

/**
 * Where a JSON string ends in a block: the place of its closing quote at or after `from`, -1 when it is not there. `escaped`: the byte at
 * `from` is escaped by the block before; the result says the same of the next block. Leaps from quote to quote.
 */
export function stringEnd(block: Buffer, from: number, escaped: boolean): { readonly end: number; readonly escaped: boolean } {
  for (let place = block.indexOf(quote, from); ; place = block.indexOf(quote, place + 1)) {
    const stop = place < 0 ? block.length : place;
    let backslashes = 0;
    while (backslashes < stop - from && block[stop - 1 - backslashes] === backslash) backslashes++;
    if (escaped && backslashes === stop - from) backslashes++;
    const odd = backslashes % 2 === 1;
    if (place < 0) return { end: -1, escaped: odd };
    if (!odd) return { end: place, escaped: false };
  }
}
