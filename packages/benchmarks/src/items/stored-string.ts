import { createReadStream } from 'node:fs';
import { BenchmarkError } from '../errors.ts';
import { stringEnd } from './string-end.ts';

const quote = 0x22;

/**
 * A string field of an object that stands in a file, in pieces: however long it is, memory is needed for one block of the file. The object
 * was read before, so that it is known to be JSON. Throws `BenchmarkError` (`bad-data`) when there is no such string any more.
 */
export async function* storedString(
  path: string,
  at: { readonly start: number; readonly end: number; readonly field: string },
): AsyncGenerator<string> {
  const { start, end, field } = at;
  const blocks = createReadStream(path, { start, end: end - 1, highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>;
  const decoder = new TextDecoder('utf-8');
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** The last string at depth 1: a key, once a colon follows. */
  let name: Buffer[] = [];
  let isKey = false;
  let wanted = false;
  let rest = '';
  for await (const block of blocks) {
    for (let i = 0; i < block.length; i++) {
      const byte = block[i]!;
      if (!inString) {
        if (byte === 0x7b || byte === 0x5b) depth++;
        else if (byte === 0x7d || byte === 0x5d) depth--;
        else if (byte === 0x3a && depth === 1) isKey = JSON.parse(`"${Buffer.concat(name).toString('utf8')}"`) === field;
        else if (byte === 0x2c && depth === 1) isKey = false;
        else if (byte === quote) {
          inString = true;
          wanted = isKey && depth === 1;
          name = [];
        }
        continue;
      }
      const found = stringEnd(block, i, escaped);
      escaped = found.escaped;
      const piece = block.subarray(i, found.end < 0 ? block.length : found.end);
      if (wanted) {
        const text = rest + decoder.decode(piece, { stream: found.end < 0 });
        const whole = found.end < 0 ? wholeEscapes(text) : text.length;
        rest = text.slice(whole);
        yield JSON.parse(`"${text.slice(0, whole)}"`) as string;
        if (found.end >= 0) return;
      } else if (depth === 1 && piece.length < 1000) name.push(piece);
      inString = found.end < 0;
      i += piece.length;
    }
  }
  throw new BenchmarkError('bad-data', `${path} has no text "${field}" at byte ${start} any more: do not change data during a run`);
}

/** How much of a piece of a JSON string can be read alone: all but an escape sequence that its end may have cut. */
function wholeEscapes(text: string): number {
  const last = text.slice(-6);
  for (let i = 0; i < last.length; i++) {
    if (last[i] !== '\\') continue;
    const at = text.length - last.length + i;
    let before = 0;
    while (text[at - 1 - before] === '\\') before++;
    // The second of a pair of backslashes begins nothing.
    if (before % 2 === 1) continue;
    if (last.length - i < (last[i + 1] === 'u' ? 6 : 2)) return at;
  }
  return text.length;
}
