import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { CorpusError } from '../errors.ts';
import { decompressBz2 } from './decompress-bz2.ts';
import type { DecompressBz2Options } from './decompress-bz2.ts';

/** Decompressed bytes of a file, and what is known of the file they come from. */
export interface OpenBytes {
  /** Size of the file in bytes, as it lies on disk; 0 for standard input. */
  readonly bytesTotal: number;
  /** Bytes of the file read so far. */
  bytesRead(): number;
  /** SHA-256 of the bytes read so far: of the whole file once `chunks` has ended. */
  sha256(): string;
  readonly chunks: AsyncIterable<Buffer>;
}

export interface OpenBytesOptions {
  /** How bzip2 blocks are decoded. */
  readonly bz2?: DecompressBz2Options;
  /** What `-` reads. Default `process.stdin`. */
  readonly standardInput?: AsyncIterable<Uint8Array>;
}

type Compression = 'none' | 'bzip2' | 'gzip' | 'zstd';

/**
 * Opens a file, or standard input as `-`; bzip2, gzip and zstd are told by the first bytes, not by the name.
 * Throws `CorpusError` (`no-file`, `bad-source` for an empty file); reading `chunks` may throw `bad-bz2`, `bad-compression`.
 */
export async function openBytes(path: string, options: OpenBytesOptions = {}): Promise<OpenBytes> {
  const hash = createHash('sha256');
  let bytesRead = 0;
  const bytesTotal = path === '-' ? 0 : await fileSize(path);
  async function* counted(): AsyncGenerator<Buffer> {
    const input = path === '-' ? (options.standardInput ?? process.stdin) : createReadStream(path, { highWaterMark: 1 << 18 });
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      if (chunk.length === 0) continue;
      bytesRead += chunk.length;
      hash.update(chunk);
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  }
  const name = path === '-' ? 'standard input' : path;
  const { first, rest } = await peek(counted());
  if (first.length === 0) throw new CorpusError('bad-source', `${name} is empty: there is nothing to read`);
  const compression = compressionOf(first);
  checkName(path, compression);
  return {
    bytesTotal,
    bytesRead: () => bytesRead,
    sha256: () => hash.copy().digest('hex'),
    chunks: decompressed(rest, compression, name, options),
  };
}

async function fileSize(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new CorpusError('no-file', `${path} cannot be read (${(cause as Error).message}): give the path of a file`, { cause });
  });
  if (!found.isFile()) throw new CorpusError('no-file', `${path} is not a file: give the path of a file`);
  return found.size;
}

function compressionOf(first: Buffer): Compression {
  if (first.subarray(0, 3).toString('latin1') === 'BZh') return 'bzip2';
  if (first[0] === 0x1f && first[1] === 0x8b) return 'gzip';
  return first.length >= 4 && first.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none';
}

function checkName(path: string, found: Compression): void {
  const expected = ({ '.bz2': 'bzip2', '.gz': 'gzip', '.zst': 'zstd' } as const)[/\.[a-z0-9]+$/.exec(path)?.[0] ?? ''];
  if (expected !== undefined && expected !== found) {
    throw new CorpusError(
      expected === 'bzip2' ? 'bad-bz2' : 'bad-compression',
      `${path} does not start with a ${expected} header, as its name says: download the file again, or rename it`,
    );
  }
}

/** The first four bytes or more, and an iterable over everything. */
async function peek(source: AsyncGenerator<Buffer>): Promise<{ first: Buffer; rest: AsyncIterable<Buffer> }> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < 4) {
    const next = await source.next();
    if (next.done) break;
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value]);
  }
  async function* rest(): AsyncGenerator<Buffer> {
    if (first.length > 0) yield first;
    yield* source;
  }
  return { first, rest: rest() };
}

function decompressed(
  source: AsyncIterable<Buffer>,
  compression: Compression,
  name: string,
  options: OpenBytesOptions,
): AsyncIterable<Buffer> {
  if (compression === 'bzip2') return decompressBz2(source, name, options.bz2);
  if (compression === 'gzip') return explained(gunzip(source), name, compression);
  return compression === 'zstd' ? explained(unzstd(source), name, compression) : source;
}

/** Errors as this package's own. */
async function* explained(source: AsyncIterable<Buffer>, name: string, compression: Compression): AsyncGenerator<Buffer> {
  try {
    yield* source;
  } catch (cause) {
    if (CorpusError.isInstance(cause)) throw cause;
    throw new CorpusError(
      'bad-compression',
      `${name}: the ${compression} data is damaged or cut off (${(cause as Error).message}): download the file again`,
      { cause },
    );
  }
}

function gunzip(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const unzip = createGunzip({ chunkSize: 1 << 18 });
  // The callback keeps a failure from becoming an unhandled error; reading `unzip` throws it.
  return pipeline(Readable.from(source, { objectMode: false }), unzip, () => undefined);
}

async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoded: Buffer[] = [];
  const decoder = new Decompress((chunk) => decoded.push(Buffer.from(chunk)));
  const push = (chunk: Uint8Array, isLast: boolean): Buffer[] => {
    decoder.push(chunk, isLast);
    const taken = decoded;
    decoded = [];
    return taken;
  };
  for await (const chunk of source) yield* push(chunk, false);
  yield* push(new Uint8Array(0), true);
}
