import { CorpusError } from '../errors.ts';
import { blockChecksum, joinBlocks, splitBz2 } from './bz2-blocks.ts';
import type { Bz2Block, Bz2StreamEnd } from './bz2-blocks.ts';
import { decodeBz2Block } from './decode-bz2-block.ts';

export interface DecompressBz2Options {
  /** Decodes one block; default in this thread. */
  readonly decode?: (block: Bz2Block) => Uint8Array | Promise<Uint8Array>;
  /** Blocks decoded at a time. Default 1. */
  readonly ahead?: number;
}

/** A compressed block is smaller; joining further would be guessing. */
const MOST_BLOCK_BITS = 1_300_000 * 8;

/**
 * Decoded bytes of bzip2 data, concatenated streams included; memory stays at about `ahead` blocks.
 * Throws `CorpusError` (`bad-bz2`) for damaged or truncated data; `name` is the file named in the message.
 */
export async function* decompressBz2(
  source: AsyncIterable<Uint8Array>,
  name: string,
  options: DecompressBz2Options = {},
): AsyncGenerator<Buffer> {
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  try {
    yield* decodeBlocks(splitBz2(counted()), options);
  } catch (cause) {
    if (CorpusError.isInstance(cause)) throw cause;
    throw new CorpusError(
      'bad-bz2',
      `${name}: the bzip2 data is damaged or cut off within its first ${bytes} bytes (${(cause as Error).message}): download the ` +
        `file again, or test it with "bzip2 -t"`,
      { cause },
    );
  }
}

type Pending = (Bz2Block & { readonly decoded: Promise<Uint8Array | Error> }) | Bz2StreamEnd;

/** Decodes blocks in order, `ahead` at a time, and verifies each stream's checksum. */
export async function* decodeBlocks(
  parts: AsyncIterable<Bz2Block | Bz2StreamEnd>,
  options: DecompressBz2Options = {},
): AsyncGenerator<Buffer> {
  const { decode = decodeBz2Block, ahead = 1 } = options;
  const input = parts[Symbol.asyncIterator]();
  const queue: Pending[] = [];
  let failure: { readonly error: unknown } | undefined;
  const start = async (block: Bz2Block): Promise<Uint8Array | Error> => {
    try {
      return await decode(block);
    } catch (error) {
      return error as Error;
    }
  };
  const fill = async (): Promise<void> => {
    while (queue.length < ahead && !failure) {
      try {
        const next = await input.next();
        if (next.done) return;
        queue.push('bits' in next.value ? { ...next.value, decoded: start(next.value) } : next.value);
      } catch (error) {
        // Blocks before the fault are still given out.
        failure = { error };
      }
    }
  };
  let checksum = 0;
  for (;;) {
    await fill();
    const part = queue.shift();
    if (!part) {
      if (failure) throw failure.error;
      return;
    }
    if (!('bits' in part)) {
      if (part.checksum !== checksum) throw new Error('the checksum of a stream is wrong');
      checksum = 0;
      continue;
    }
    let block: Bz2Block = part;
    let decoded = await part.decoded;
    while (decoded instanceof Error || !ArrayBuffer.isView(decoded)) {
      // Once in thousands of gigabytes, data looks like the start of a block: the block goes on in the next part.
      const fault = decoded;
      await fill();
      const next = queue.shift();
      if (!next || !('bits' in next) || block.bitLength + next.bitLength > MOST_BLOCK_BITS) throw fault;
      block = joinBlocks(block, next);
      decoded = await start(block);
    }
    checksum = (((checksum << 1) | (checksum >>> 31)) ^ blockChecksum(block)) >>> 0;
    yield Buffer.from(decoded.buffer, decoded.byteOffset, decoded.byteLength);
  }
}
