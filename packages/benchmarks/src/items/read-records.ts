import { createReadStream } from 'node:fs';
import { BenchmarkError } from '../errors.ts';
import { readJsonArray } from './json-array.ts';
import type { ReadJsonArrayOptions, StoredValue } from './json-array.ts';
import { readJsonLines } from './json-lines.ts';

/**
 * The records of a file, whichever of the two it is: a JSON array, or JSON lines (told by the first character that is not blank).
 * Texts are left out of an array only.
 */
export async function* readRecords(path: string, options: ReadJsonArrayOptions = {}): AsyncGenerator<StoredValue> {
  yield* (await startsWithBracket(path)) ? readJsonArray(path, options) : readJsonLines(path);
}

async function startsWithBracket(path: string): Promise<boolean> {
  try {
    for await (const block of createReadStream(path, { encoding: 'utf8', highWaterMark: 4096 }) as AsyncIterable<string>) {
      const first = /[^\s\ufeff]/.exec(block)?.[0];
      if (first !== undefined) return first === '[';
    }
    return false;
  } catch (cause) {
    throw new BenchmarkError('no-file', `${path} cannot be read (${(cause as Error).message}): check the path`, { cause });
  }
}
