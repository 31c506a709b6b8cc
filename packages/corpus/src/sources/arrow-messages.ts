import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { CorpusError } from '../errors.ts';

/** Where a message of an Arrow file lies, and what its header says. Plain data. */
export interface ArrowMessage {
  readonly kind: 'schema' | 'dictionary' | 'batch' | 'other';
  readonly start: number;
  readonly end: number;
  /** Rows of a batch or a dictionary. */
  readonly rows: number;
  readonly compression: 'lz4' | 'zstd' | undefined;
}

const MAGIC = 'ARROW1';
const KINDS: Readonly<Record<number, ArrowMessage['kind']>> = { 1: 'schema', 2: 'dictionary', 3: 'batch' };
/** Headers are a few hundred bytes; a schema with many columns some hundred thousand. */
const MOST_HEADER_BYTES = 1 << 26;

/**
 * The messages of an Arrow IPC stream or file, one header at a time: bodies stay on disk.
 * Throws `CorpusError`: `bad-source` (no Arrow file), `truncated` (no end mark, or a message that is cut off).
 */
export async function* arrowMessages(path: string): AsyncGenerator<ArrowMessage> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const limits = await limitsOf(file, size, path);
    for (let at = limits.start; at < limits.end;) {
      const prefix = await readBytes(file, at, Math.min(8, size - at));
      // Since Arrow 0.15 a mark of four bytes stands before the length of the header.
      const isMarked = prefix.length === 8 && prefix.readInt32LE(0) === -1;
      if (prefix.length < (isMarked ? 8 : 4)) break;
      const length = prefix.readInt32LE(isMarked ? 4 : 0);
      if (length === 0) return;
      const from = at + (isMarked ? 8 : 4);
      if (length < 0 || length > MOST_HEADER_BYTES) throw noArrow(path, `a header of ${length} bytes at byte ${at}`);
      if (from + length > limits.end) break;
      const message = readHeader(await readBytes(file, from, length), path, at);
      const end = from + length + message.bodyBytes;
      if (end > limits.end) break;
      yield { kind: message.kind, start: at, end, rows: message.rows, compression: message.compression };
      at = end;
    }
    // Only the file format says by itself where its messages end.
    if (limits.isFile) return;
    throw new CorpusError('truncated', `${path} lacks its end mark: it is cut off, or its writer did not finish; copy or save it again`);
  } finally {
    await file.close();
  }
}

async function limitsOf(file: FileHandle, size: number, path: string): Promise<{ start: number; end: number; isFile: boolean }> {
  const head = await readBytes(file, 0, Math.min(8, size));
  if (head.toString('latin1', 0, 6) !== MAGIC) {
    if (size < 8) throw noArrow(path, `it has ${size} bytes`);
    return { start: 0, end: size, isFile: false };
  }
  const tail = size < 18 ? Buffer.alloc(10) : await readBytes(file, size - 10, 10);
  if (tail.toString('latin1', 4) !== MAGIC)
    throw new CorpusError('truncated', `${path} is cut off: an Arrow file ends with ${MAGIC}; copy or save it again`);
  return { start: 8, end: size - 10 - tail.readInt32LE(0), isFile: true };
}

async function readBytes(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}

interface Header extends Pick<ArrowMessage, 'kind' | 'rows' | 'compression'> {
  readonly bodyBytes: number;
}

/** The part of the flatbuffer `Message` that is needed to find the next one. */
function readHeader(bytes: Buffer, path: string, at: number): Header {
  try {
    const message = bytes.readInt32LE(0);
    const kind = KINDS[bytes.readUInt8(field(bytes, message, 1)!)] ?? 'other';
    const bodyAt = field(bytes, message, 3);
    const bodyBytes = bodyAt === undefined ? 0 : Number(bytes.readBigInt64LE(bodyAt));
    if (!(bodyBytes >= 0)) throw new Error(`a body of ${bodyBytes} bytes`);
    let own = table(bytes, field(bytes, message, 2)!);
    if (kind === 'dictionary') own = table(bytes, field(bytes, own, 1)!);
    if (kind !== 'dictionary' && kind !== 'batch') return { kind, bodyBytes, rows: 0, compression: undefined };
    const rowsAt = field(bytes, own, 0);
    const compressionAt = field(bytes, own, 3);
    const rows = rowsAt === undefined ? 0 : Number(bytes.readBigInt64LE(rowsAt));
    return { kind, bodyBytes, rows, compression: compressionAt === undefined ? undefined : codec(bytes, table(bytes, compressionAt)) };
  } catch (cause) {
    throw noArrow(path, `the header at byte ${at} cannot be read`, cause);
  }
}

/** 0 is LZ4 frames, which flatbuffers leaves out as the default, 1 is zstd. */
function codec(bytes: Buffer, compression: number): 'lz4' | 'zstd' {
  const at = field(bytes, compression, 0);
  return at !== undefined && bytes.readInt8(at) === 1 ? 'zstd' : 'lz4';
}

/** Place of a flatbuffer table's field; undefined when the table leaves it out. */
function field(bytes: Buffer, start: number, number: number): number | undefined {
  const layout = start - bytes.readInt32LE(start);
  if (4 + 2 * number >= bytes.readUInt16LE(layout)) return undefined;
  const offset = bytes.readUInt16LE(layout + 4 + 2 * number);
  return offset === 0 ? undefined : start + offset;
}

function table(bytes: Buffer, at: number): number {
  return at + bytes.readInt32LE(at);
}

function noArrow(path: string, why: string, cause?: unknown): CorpusError {
  return new CorpusError('bad-source', `${path} is no Arrow IPC stream or file, or is damaged (${why}): give what save_to_disk wrote`, {
    cause,
  });
}
