import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { CorpusError } from '../errors.ts';
import { decompressBz2 } from './decompress-bz2.ts';

/** The bytes of a dump as UTF-8 XML, and what is known of the file they come from. */
export interface OpenDump {
  /** Size of the file in bytes, as it lies on disk. */
  readonly bytesTotal: number;
  /** Bytes of the file read so far. */
  bytesRead(): number;
  /** SHA-256 of the bytes read so far: of the whole file once `chunks` has ended. */
  sha256(): string;
  readonly chunks: AsyncIterable<Buffer>;
}

/**
 * Opens an `.xml` or `.xml.bz2` file by its first bytes, not by its name; UTF-16 XML is turned into UTF-8.
 * Throws `CorpusError` (`no-file`, `not-a-dump`); reading `chunks` may throw `bad-bz2`.
 */
export async function openDump(path: string): Promise<OpenDump> {
  const { head, size } = await readHead(path);
  if (size === 0) throw new CorpusError('not-a-dump', `${path} is empty: a MediaWiki dump (.xml or .xml.bz2) is needed`);
  if (head[0] === 0x1f && head[1] === 0x8b) {
    throw new CorpusError('not-a-dump', `${path} is gzip data: decompress it first (.xml and .xml.bz2 are read)`);
  }
  const isBz2 = head.subarray(0, 3).toString('latin1') === 'BZh';
  if (!isBz2 && path.endsWith('.bz2')) {
    throw new CorpusError('bad-bz2', `${path} is named .bz2 but does not start with a bzip2 header: download the file again`);
  }
  const hash = createHash('sha256');
  let bytesRead = 0;
  async function* raw(): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      bytesRead += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  }
  return {
    bytesTotal: size,
    bytesRead: () => bytesRead,
    sha256: () => hash.copy().digest('hex'),
    chunks: toUtf8(isBz2 ? decompressBz2(raw(), path) : raw()),
  };
}

async function readHead(path: string): Promise<{ head: Buffer; size: number }> {
  const file = await open(path).catch((cause: unknown) => {
    throw new CorpusError('no-file', `${path} cannot be read (${(cause as Error).message}): give the path of a MediaWiki dump`, { cause });
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new CorpusError('no-file', `${path} is not a file: give the path of a MediaWiki dump (.xml or .xml.bz2)`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return { head: buffer.subarray(0, bytesRead), size: stat.size };
  } finally {
    await file.close();
  }
}

async function* toUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let started = false;
  let carry: Buffer = Buffer.alloc(0);
  for await (const part of chunks) {
    let chunk = part;
    if (!started) {
      // The byte order mark may be split over chunks.
      chunk = carry.length > 0 ? Buffer.concat([carry, part]) : part;
      if (chunk.length < 3) {
        carry = chunk;
        continue;
      }
      started = true;
      if (chunk[0] === 0xff && chunk[1] === 0xfe) decoder = new TextDecoder('utf-16le');
      else if (chunk[0] === 0xfe && chunk[1] === 0xff) decoder = new TextDecoder('utf-16be');
      else if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) chunk = chunk.subarray(3);
    }
    yield decoder ? Buffer.from(decoder.decode(chunk, { stream: true })) : chunk;
  }
  if (!started && carry.length > 0) yield carry;
}
