/** A length rounded up: multiples of 16 up to 128, of 64 to 1,024, of 256 beyond. Few lengths mean few compilations. */
export function lengthBucket(length: number): number {
  const step = length <= 128 ? 16 : length <= 1024 ? 64 : 256;
  return Math.ceil(Math.max(1, length) / step) * step;
}

/** The same for beginnings that conversations share, which vary less: a sixteenth of the next power of two, at least 16. */
export function trunkBucket(length: number): number {
  const step = Math.max(16, 2 ** Math.ceil(Math.log2(Math.max(1, length))) / 16);
  return Math.ceil(Math.max(1, length) / step) * step;
}

/** The number of rows a batch is padded to: powers of two, and halfway between them from 16 on. */
export function rowBucket(rows: number): number {
  let bucket = 1;
  while (bucket < rows) bucket *= 2;
  const between = (bucket / 4) * 3;
  return bucket >= 32 && rows <= between ? between : bucket;
}

/** Row lengths that sequences up to `longest` may be packed into: its bucket and the powers of two above, up to `most`. */
export function rowLengths(longest: number, most: number): number[] {
  const lengths = [lengthBucket(longest)];
  for (let length = 128; length <= most; length *= 2) if (length > lengths[0]!) lengths.push(length);
  return lengths;
}
