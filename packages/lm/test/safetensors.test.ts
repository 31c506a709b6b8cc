import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { LanguageModelError } from '../src/errors.ts';
import { readSafetensors, writeSafetensors } from '../src/safetensors.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});

function file(header: unknown, data: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

describe('safetensors', () => {
  test('what is written is read back bit for bit, and no temporary file stays', async () => {
    const path = join(folder, 'round.safetensors');
    const data = Float32Array.of(1.5, -0, Number.NaN, 3e38, 1e-45, 7);
    await writeSafetensors(
      path,
      new Map([
        ['a', { shape: [2, 3], data }],
        ['empty', { shape: [0], data: new Float32Array() }],
      ]),
      { step: '3' },
    );
    const read = await readSafetensors(path);
    expect(read.metadata).toEqual({ step: '3' });
    expect(read.tensors.get('a')!.shape).toEqual([2, 3]);
    expect(Buffer.from(read.tensors.get('a')!.data.buffer)).toEqual(Buffer.from(data.buffer));
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    // The format asks for data aligned to 8 bytes.
    expect(Number((await readFile(path)).readBigUInt64LE(0)) % 8).toBe(0);
  });

  test('half precision is widened exactly', async () => {
    const path = join(folder, 'half.safetensors');
    const f16 = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00);
    const bf16 = Uint16Array.of(0x3f80, 0xc049);
    const data = Buffer.concat([Buffer.from(f16.buffer), Buffer.from(bf16.buffer)]);
    await writeFile(
      path,
      file({ h: { dtype: 'F16', shape: [5], data_offsets: [0, 10] }, b: { dtype: 'BF16', shape: [2], data_offsets: [10, 14] } }, data),
    );
    const { tensors } = await readSafetensors(path);
    expect([...tensors.get('h')!.data]).toEqual([1, -2, 2 ** -24, 65504, Infinity]);
    expect([...tensors.get('b')!.data]).toEqual([1, -3.140625]);
  });

  test.each([
    ['too short', Buffer.from('abc'), /too short/],
    [
      'a header longer than the file',
      Buffer.concat([Buffer.from([255, 255, 255, 255, 255, 255, 255, 255]), Buffer.alloc(20)]),
      /truncated or no safetensors/,
    ],
    ['a header that is not JSON', Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{{{')]), /not JSON/],
    ['truncated data', file({ a: { dtype: 'F32', shape: [4], data_offsets: [0, 16] } }, Buffer.alloc(12)), /tensor a .* truncated/],
    ['an offset that is not the shape', file({ a: { dtype: 'F32', shape: [4], data_offsets: [0, 8] } }, Buffer.alloc(16)), /inconsistent/],
    [
      'a shape that overflows',
      file({ a: { dtype: 'F32', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 8] } }, Buffer.alloc(8)),
      /inconsistent/,
    ],
    ['an unknown dtype', file({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, Buffer.alloc(8)), /dtype I64/],
  ])('refuses %s', async (_name, bytes, message) => {
    const path = join(folder, 'bad.safetensors');
    await writeFile(path, bytes);
    const error: unknown = await readSafetensors(path).catch((caught: unknown) => caught);
    expect(LanguageModelError.isInstance(error)).toBe(true);
    expect((error as LanguageModelError).code).toBe('bad-safetensors');
    expect((error as LanguageModelError).message).toMatch(message);
    expect((error as LanguageModelError).message).toContain(path);
  });
});
