import { closeSync, openSync, readSync } from 'node:fs';
import { CorpusError } from '../errors.ts';
import type { Passage } from './passage.ts';

/** Passages by number, in memory or on disk. */
export interface PassageStore extends Iterable<Passage> {
  readonly size: number;
  /** The passage with this number, 0 to `size - 1`. */
  get(number: number): Passage;
}

/** Passages that are in memory already. */
export function passageStore(passages: readonly Passage[]): PassageStore {
  return {
    size: passages.length,
    get: (number) => passages[number] ?? outOfRange(number, passages.length),
    [Symbol.iterator]: () => passages[Symbol.iterator](),
  };
}

/** Files of passages (one JSON line each) and where their lines start: plain data that threads can share. */
export interface PassageFiles {
  readonly paths: readonly string[];
  /** Number of each file's first passage, and the number of passages in all. */
  readonly firsts: Uint32Array;
  /** Byte offset of each passage in its file, and in its place `size + file` each file's end: file f's lines start at `firsts[f] + f`. */
  readonly offsets: Float64Array;
}

export interface DiskPassageStore extends PassageStore {
  readonly files: PassageFiles;
  /** Passages `from` to `to` (exclusive), read in large pieces. */
  range(from: number, to: number): Generator<Passage>;
  close(): void;
}

const READ_BYTES = 1 << 22;

/** Finds the lines of passage files; the offsets lie in shared memory. */
export function scanPassageFiles(paths: readonly string[]): PassageFiles {
  let offsets = new Float64Array(1 << 12);
  let used = 0;
  const push = (offset: number): void => {
    if (used === offsets.length) {
      const grown = new Float64Array(used * 2);
      grown.set(offsets);
      offsets = grown;
    }
    offsets[used++] = offset;
  };
  const firsts = new Uint32Array(paths.length + 1);
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  paths.forEach((path, f) => {
    const file = openSync(path, 'r');
    try {
      let position = 0;
      push(0);
      for (let read = readSync(file, chunk, 0, READ_BYTES, 0); read > 0; read = readSync(file, chunk, 0, READ_BYTES, position)) {
        const bytes = chunk.subarray(0, read);
        for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) push(position + at + 1);
        position += read;
      }
    } finally {
      closeSync(file);
    }
    firsts[f + 1] = used - f - 1;
  });
  const shared = new Float64Array(new SharedArrayBuffer(used * 8));
  shared.set(offsets.subarray(0, used));
  return { paths, firsts, offsets: shared };
}

/** Opens scanned files; a passage is read when it is asked for. */
export function openPassageStore(files: PassageFiles): DiskPassageStore {
  const handles = files.paths.map((path) => openSync(path, 'r'));
  const size = files.firsts[files.paths.length]!;
  let buffer = Buffer.allocUnsafe(1 << 16);
  const line = (file: number, start: number, end: number): string => {
    if (end - start > buffer.length) buffer = Buffer.allocUnsafe(2 * (end - start));
    const read = readSync(handles[file]!, buffer, 0, end - start, start);
    return buffer.toString('utf8', 0, read);
  };
  const get = (number: number): Passage => {
    if (!(number >= 0 && number < size)) outOfRange(number, size);
    const file = fileOf(files.firsts, number);
    return JSON.parse(line(file, files.offsets[number + file]!, files.offsets[number + file + 1]! - 1)) as Passage;
  };
  function* range(from: number, to: number): Generator<Passage> {
    for (let number = from; number < to;) {
      const file = fileOf(files.firsts, number);
      const start = files.offsets[number + file]!;
      let last = number + 1;
      while (last < Math.min(to, files.firsts[file + 1]!) && files.offsets[last + file + 1]! - start < READ_BYTES) last++;
      for (const own of line(file, start, files.offsets[last + file]! - 1).split('\n')) yield JSON.parse(own) as Passage;
      number = last;
    }
  }
  return {
    files,
    size,
    get,
    range,
    [Symbol.iterator]: () => range(0, size),
    close() {
      for (const handle of handles) closeSync(handle);
    },
  };
}

/** Index of the file that holds a passage. */
function fileOf(firsts: Uint32Array, number: number): number {
  let low = 0;
  let high = firsts.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (firsts[middle]! <= number) low = middle;
    else high = middle - 1;
  }
  return low;
}

function outOfRange(number: number, size: number): never {
  throw new CorpusError('bad-options', `there is no passage ${number}: the corpus has ${size}, numbered from 0`);
}
