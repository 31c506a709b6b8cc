import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { BenchmarkError } from '../errors.ts';
import { stringEnd } from './string-end.ts';

/** Bytes of a file, `end` exclusive. */
export interface StoredPlace {
  readonly start: number;
  readonly end: number;
}

/** A value of a file, and where it stands there. */
export interface StoredValue extends StoredPlace {
  readonly value: unknown;
}

/** What stands for a text that was left out. */
export interface ElidedText {
  readonly elidedBytes: number;
}

export interface ReadJsonArrayOptions {
  /** Texts of more bytes, about, are not kept: an `ElidedText` stands for each. Default: all are kept. */
  readonly elideOver?: number;
}

const quote = 0x22;
const openers: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closers: ReadonlySet<number> = new Set([0x5d, 0x7d]);
const blank: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * The elements of a JSON array in a file of any size, one at a time: memory is needed for one element. A byte-order mark is skipped.
 * Throws `BenchmarkError` (`bad-data`) with the byte where the file is no JSON array, or is cut off.
 */
export async function* readJsonArray(path: string, options: ReadJsonArrayOptions = {}): AsyncGenerator<StoredValue> {
  const { elideOver = Infinity } = options;
  const fail = (what: string, at: number): never => {
    throw new BenchmarkError('bad-data', `${path}, byte ${at}: ${what}: download or make the file again`);
  };
  let parts: Buffer[] = [];
  let position = 0;
  let start = -1;
  let depth = 0;
  let state: 'before' | 'value' | 'comma' | 'after' = 'before';
  // The string that is being read: where it began, and whether its bytes are left out.
  let string = { open: false, start: 0, escaped: false, elided: false };
  const take = (piece: Buffer, end: number): StoredValue => {
    const text = Buffer.concat([...parts, piece]).toString('utf8');
    parts = [];
    const found = { start, end };
    start = -1;
    try {
      return { value: JSON.parse(text), ...found };
    } catch (cause) {
      throw new BenchmarkError('bad-data', `${path}, byte ${found.start}: not JSON: download or make the file again`, { cause });
    }
  };
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let i = 0; i < block.length; i++) {
      const byte = block[i]!;
      if (string.open) {
        const { end, escaped } = stringEnd(block, i, string.escaped);
        if (end < 0) {
          string.escaped = escaped;
          break;
        }
        if (string.elided) {
          parts.push(Buffer.from(JSON.stringify({ elidedBytes: position + end - string.start - 1 })));
          from = end + 1;
        }
        string = { open: false, start: 0, escaped: false, elided: false };
        i = end;
        if (depth > 0) continue;
        yield take(block.subarray(from, i + 1), position + i + 1);
        state = 'comma';
      } else if (start < 0) {
        if (blank.has(byte) || (position + i < 3 && byte >= 0xbb)) continue;
        if (state === 'before') {
          if (byte !== 0x5b) fail('no JSON array', position + i);
          state = 'value';
        } else if (byte === 0x5d && state !== 'after') state = 'after';
        else if (byte === 0x2c && state === 'comma') state = 'value';
        else if (state !== 'value' || byte === 0x2c) fail('an element or a comma is misplaced', position + i);
        else {
          start = position + i;
          from = i;
          depth = openers.has(byte) ? 1 : 0;
          if (byte === quote) string = { open: true, start, escaped: false, elided: false };
        }
      } else if (byte === quote) string = { open: true, start: position + i, escaped: false, elided: false };
      else if (openers.has(byte)) depth++;
      else if (depth > 0 && closers.has(byte)) {
        if (--depth > 0) continue;
        yield take(block.subarray(from, i + 1), position + i + 1);
        state = 'comma';
      } else if (depth === 0 && (byte === 0x2c || byte === 0x5d || blank.has(byte))) {
        yield take(block.subarray(from, i), position + i);
        state = 'comma';
        i--;
      }
    }
    position += block.length;
    if (start < 0 || string.elided) continue;
    parts.push(block.subarray(from));
    if (string.open && depth > 0 && position - string.start > elideOver) {
      dropLast(parts, position - string.start);
      string.elided = true;
    }
  }
  if (state !== 'after') fail(state === 'before' ? 'the file is empty' : 'the file ends inside the array', position);
}

/** Takes so many bytes off the end. */
function dropLast(parts: Buffer[], bytes: number): void {
  for (let left = bytes; left > 0;) {
    const last = parts.pop();
    if (!last) return;
    if (last.length > left) parts.push(last.subarray(0, last.length - left));
    left -= last.length;
  }
}

/** The value that a reader found at these bytes, read again. */
export async function readStoredValue(path: string, at: StoredPlace): Promise<unknown> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(at.end - at.start);
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, at.start + done);
      if (bytesRead === 0)
        throw new BenchmarkError('bad-data', `${path} became shorter while it was read: do not change data during a run`);
      done += bytesRead;
    }
    return JSON.parse(bytes.toString('utf8'));
  } finally {
    await file.close();
  }
}
