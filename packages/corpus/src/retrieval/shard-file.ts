import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { CorpusError } from '../errors.ts';
import type { IndexShard } from './index-shard.ts';
import type { TermTable } from './term-table.ts';

const MAGIC = 0x354d424d;
const VERSION = 1;
const HEADER_BYTES = 64;

/** The file's arrays, in the order in which they lie there. */
const layout = [
  ['slots', Int32Array],
  ['starts', Uint32Array],
  ['offsets', Uint32Array],
  ['lengths', Uint32Array],
  ['pool', Uint16Array],
  ['passages', Uint16Array],
  ['frequencies', Uint8Array],
] as const;

type Arrays = {
  [Row in (typeof layout)[number] as Row[0]]: Row[0] extends keyof IndexShard ? IndexShard[Row[0]] : TermTable[Row[0] & keyof TermTable];
};

/** A shard as bytes (little-endian): a header of 16 numbers, then the arrays, each on a border of 8 bytes. */
export function shardBytes(shard: IndexShard): Buffer[] {
  const { terms, ...rest } = shard;
  const arrays: Arrays = { ...terms, ...rest };
  const header = new Uint32Array(HEADER_BYTES / 4);
  header.set([MAGIC, VERSION, shard.size, ...layout.map(([name]) => arrays[name].length)]);
  const parts = [Buffer.from(header.buffer)];
  for (const [name] of layout) {
    const { buffer, byteOffset, byteLength } = arrays[name];
    parts.push(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength), Buffer.alloc(-byteLength & 7));
  }
  return parts;
}

/** Reads a shard's file into shared memory, without a copy; `CorpusError` (`bad-source`) when it is not one. */
export function loadShard(path: string): SharedArrayBuffer {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const memory = new SharedArrayBuffer(size);
    const bytes = new Uint8Array(memory);
    for (let at = 0; at < size;) {
      const read = readSync(file, bytes, at, Math.min(size - at, 1 << 28), at);
      if (read === 0) break;
      at += read;
    }
    shardOf(memory, path);
    return memory;
  } finally {
    closeSync(file);
  }
}

/** Views of a loaded shard. */
export function shardOf(memory: SharedArrayBuffer, path = 'the index'): IndexShard {
  const header = memory.byteLength >= HEADER_BYTES ? new Uint32Array(memory, 0, HEADER_BYTES / 4) : new Uint32Array(16);
  const arrays: Partial<Record<keyof Arrays, unknown>> = {};
  let at = HEADER_BYTES;
  layout.forEach(([name, type], i) => {
    const length = header[3 + i]!;
    if (header[0] === MAGIC && at + length * type.BYTES_PER_ELEMENT <= memory.byteLength)
      arrays[name] = new (type as new (memory: ArrayBufferLike, at: number, length: number) => unknown)(memory, at, length);
    at += length * type.BYTES_PER_ELEMENT;
    at += -at & 7;
  });
  if (header[0] !== MAGIC || header[1] !== VERSION || at !== memory.byteLength) {
    throw new CorpusError(
      'bad-source',
      `${basename(path)} is not a part of this version's index, or is cut off: delete it and build again`,
    );
  }
  const { slots, starts, pool, ...rest } = arrays as Arrays;
  return { size: header[2]!, terms: { slots, starts, pool }, ...rest };
}
