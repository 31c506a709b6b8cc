import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { BenchmarkError } from '../errors.ts';
import type { DataFile } from './benchmark-item.ts';

/** Size and hash of a file. Throws `BenchmarkError` (`no-file`). */
export async function describeFile(path: string): Promise<DataFile> {
  try {
    const hash = createHash('sha256');
    for await (const block of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) hash.update(block);
    return { path, bytes: (await stat(path)).size, sha256: hash.digest('hex') };
  } catch (cause) {
    throw new BenchmarkError('no-file', `${path} cannot be read (${(cause as Error).message}): check the path`, { cause });
  }
}

/** One hash for several files, whatever their names and places. */
export function corpusHashOf(files: readonly DataFile[]): string {
  return createHash('sha256')
    .update(files.map(({ sha256 }) => sha256).join('\n'))
    .digest('hex');
}
