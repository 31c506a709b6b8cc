/** The sequence length a batch is padded to: multiples of 16 up to 128, of 64 beyond. Few lengths mean few compilations. */
export function lengthBucket(length: number): number {
  const step = length <= 128 ? 16 : 64;
  return Math.ceil(Math.max(1, length) / step) * step;
}

/** The number of rows a batch is padded to: powers of two, and halfway between them from 16 on. */
export function rowBucket(rows: number): number {
  let bucket = 1;
  while (bucket < rows) bucket *= 2;
  const between = (bucket / 4) * 3;
  return bucket >= 32 && rows <= between ? between : bucket;
}
