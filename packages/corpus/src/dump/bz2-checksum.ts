/** Four tables, so that four bytes are taken at a time; table 0 is that of the usual one byte. */
const TABLES: readonly Int32Array[] = tables();

function tables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte << 24;
    for (let bit = 0; bit < 8; bit++) rest = rest < 0 ? (rest << 1) ^ 0x04c11db7 : rest << 1;
    return rest;
  });
  const all = [first];
  for (let t = 1; t < 4; t++) all.push(all[t - 1]!.map((rest) => (rest << 8) ^ first[rest >>> 24]!));
  return all;
}

/** Bytes taken in by one call: a loop over a whole block would be optimised anew, in its middle, for each. */
const PIECE = 1 << 12;

/** CRC-32 as bzip2 has it: highest bit first. */
export function bz2Checksum(bytes: Uint8Array): number {
  let rest = -1;
  for (let from = 0; from < bytes.length; from += PIECE) rest = takeIn(rest, bytes, from, Math.min(from + PIECE, bytes.length));
  return ~rest >>> 0;
}

function takeIn(before: number, bytes: Uint8Array, from: number, to: number): number {
  const [t0, t1, t2, t3] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array];
  let rest = before;
  let i = from;
  for (; i + 3 < to; i += 4) {
    const next = rest ^ ((bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!);
    rest = t3[next >>> 24]! ^ t2[(next >>> 16) & 255]! ^ t1[(next >>> 8) & 255]! ^ t0[next & 255]!;
  }
  for (; i < to; i++) rest = (rest << 8) ^ t0[(rest >>> 24) ^ bytes[i]!]!;
  return rest;
}
