import { createReadStream } from 'node:fs';
import { BenchmarkError } from '../errors.ts';
import type { StoredValue } from './json-array.ts';

/**
 * The values of a JSON-lines file, one at a time; blank lines are skipped. Throws `BenchmarkError` (`bad-data`) that names a line which is
 * not JSON.
 */
export async function* readJsonLines(path: string): AsyncGenerator<StoredValue & { readonly line: number }> {
  let parts: Buffer[] = [];
  let start = 0;
  let position = 0;
  let line = 0;
  const take = (end: number): (StoredValue & { line: number }) | undefined => {
    const text = Buffer.concat(parts)
      .toString('utf8')
      .replace(/^\ufeff/, '');
    parts = [];
    line++;
    if (text.trim() === '') return undefined;
    try {
      return { value: JSON.parse(text), start, end, line };
    } catch (cause) {
      throw new BenchmarkError('bad-data', `${path}, line ${line}: not JSON: repair or remove the line`, { cause });
    }
  };
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let feed = block.indexOf(10); feed >= 0; feed = block.indexOf(10, from)) {
      parts.push(block.subarray(from, feed));
      const found = take(position + feed);
      if (found) yield found;
      from = feed + 1;
      start = position + from;
    }
    parts.push(block.subarray(from));
    position += block.length;
  }
  const last = take(position);
  if (last) yield last;
}
