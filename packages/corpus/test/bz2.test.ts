import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { splitBz2 } from '../src/dump/bz2-blocks.ts';
import type { Bz2Block, Bz2StreamEnd } from '../src/dump/bz2-blocks.ts';
import { decodeBz2Block } from '../src/dump/decode-bz2-block.ts';
import { decodeBlocks, decompressBz2 } from '../src/dump/decompress-bz2.ts';
import {
  emptyStream,
  firstStream,
  manyBytesStream,
  periodicStream,
  runStream,
  secondStream,
  singleStream,
  wordsStream,
} from './support/bz2-streams.ts';

const sample = join(import.meta.dirname, '../../../../shared/data/enwiki-sample.xml.bz2');

async function* inPieces(data: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

describe('decompressBz2', () => {
  test('one stream and several give the same text, whatever the size of the pieces', async () => {
    const whole = await textOf(decompressBz2(inPieces(singleStream, 1 << 20), 'x'));
    expect(whole).toContain('<title>Zürich</title>');
    const two = Buffer.concat([firstStream, secondStream]);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      expect(await textOf(decompressBz2(inPieces(two, size), 'x'))).toBe(whole);
      expect(await textOf(decompressBz2(inPieces(singleStream, size), 'x', { ahead: 4 }))).toBe(whole);
    }
  });

  test('a block cut in two where data looks like a magic number is joined again', async () => {
    const parts: (Bz2Block | Bz2StreamEnd)[] = [];
    for await (const part of splitBz2(inPieces(singleStream, 50))) parts.push(part);
    const block = parts[0] as Bz2Block;
    expect(block.firstBit).toBe(0);
    const whole = Buffer.from(decodeBz2Block(block)).toString('utf8');
    for (const at of [100, 101, 511, 1024, block.bitLength - 90]) {
      const halves = [sliceBits(block, 0, at), sliceBits(block, at, block.bitLength)];
      async function* source(): AsyncGenerator<Bz2Block | Bz2StreamEnd> {
        yield* [...halves, ...parts.slice(1)];
      }
      expect(await textOf(decodeBlocks(source()))).toBe(whole);
    }
  });

  test('runs, repetition, all bytes and long texts come back as they were', async () => {
    const latin1 = async (data: Uint8Array): Promise<string> => {
      let text = '';
      for await (const chunk of decompressBz2(inPieces(data, 1 << 20), 'x')) text += chunk.toString('latin1');
      return text;
    };
    expect(await latin1(emptyStream)).toBe('');
    expect(await latin1(periodicStream)).toBe('ab'.repeat(5000));
    expect(await latin1(runStream)).toBe([3, 4, 5, 255, 259, 260, 300, 4].map((times, i) => 'abcdefgh'[i]!.repeat(times)).join(''));
    expect(await latin1(manyBytesStream)).toBe(
      Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte).repeat((byte % 7) + 1)).join(''),
    );
    expect(await latin1(wordsStream)).toBe(Array.from({ length: 1500 }, (_, i) => `w${(i * i * 7919) % 1000}`).join(' '));
  });

  test('a flipped bit is an error that says so, or changes nothing', async () => {
    const whole = await textOf(decompressBz2(inPieces(wordsStream, 1 << 20), 'x'));
    let harmless = 0;
    for (let bit = 32; bit < wordsStream.length * 8; bit += 97) {
      const damaged = Buffer.from(wordsStream);
      damaged[bit >> 3]! ^= 0x80 >> (bit & 7);
      try {
        // A code that serves no symbol may be any.
        expect(await textOf(decompressBz2(inPieces(damaged, 1 << 20), 'dump.bz2'))).toBe(whole);
        harmless++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-bz2' });
      }
    }
    expect(harmless).toBeLessThan(20);
  });

  test('a wrong checksum of the stream is found', async () => {
    const damaged = Buffer.from(singleStream);
    damaged[damaged.length - 2]! ^= 1;
    await expect(textOf(decompressBz2(inPieces(damaged, 100), 'dump.bz2'))).rejects.toMatchObject({ code: 'bad-bz2' });
  });

  test('what follows the last stream must be bzip2 too', async () => {
    const more = Buffer.concat([singleStream, Buffer.from('rest')]);
    await expect(textOf(decompressBz2(inPieces(more, 100), 'dump.bz2'))).rejects.toMatchObject({ code: 'bad-bz2' });
  });

  const hasData = existsSync(sample);
  (hasData ? test : test.skip)(
    `a real dump of many blocks${hasData ? '' : ' (skipped: the dump is not beside the repository)'}`,
    async () => {
      const hash = createHash('md5');
      let bytes = 0;
      for await (const chunk of decompressBz2(createReadStream(sample), sample, { ahead: 3 })) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      // As bzcat gives it.
      expect([bytes, hash.digest('hex')]).toEqual([6_089_746, '7daadc13d4b058a3ab976354a60cde19']);
    },
  );
});

function sliceBits({ bits, level }: Bz2Block, from: number, to: number): Bz2Block {
  return { bits: bits.slice(from >> 3, Math.ceil(to / 8)), firstBit: from & 7, bitLength: to - from, level };
}
