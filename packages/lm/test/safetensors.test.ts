import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LanguageModelError } from '../src/errors.ts';
import { narrowNumbers, widenNumbers } from '../src/half-precision.ts';
import { readSafetensors, writeSafetensors } from '../src/safetensors.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});

function file(header: unknown, data: Uint8Array): Buffer {
  return fileOfText(JSON.stringify(header), data);
}

function fileOfText(header: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), data]);
}

/** SHA-256 of torch.arange(65536).to(torch.uint16).view(dtype).float() without the NaNs. */
const HASHES = {
  F16: '680bbc22915f61aa1bbfc7265bc3882a6aa42d299bfd2c571807196e5544de2e',
  BF16: 'ba630f4dd7aba313174b044090cfc5353bc4f587c4f6c2848056051239b777b0',
};

/** SHA-256 of the bits that torch rounds `manyNumbers` to: x.to(dtype). */
const ROUNDED = {
  F16: '6a54a26509adc7925dcb7a35ef729172d8294d03458837304f5b44a711cb2e39',
  BF16: '6a942c122eaf7111821cfdda7029eeb0bbe1d7577f2f05c726761816ae5b9134',
};

/** Every upper half of a float32 with lower halves on, below and above what either format has to decide on; no NaNs. */
function manyNumbers(): Float32Array {
  const lower = [0, 1, 0x0fff, 0x1000, 0x1001, 0x2fff, 0x3000, 0x3001, 0x7fff, 0x8000, 0x8001, 0xf000, 0xffff];
  const bits = Uint32Array.from(
    { length: 2 ** 16 * lower.length },
    (_, i) => Math.floor(i / lower.length) * 2 ** 16 + lower[i % lower.length]!,
  );
  return new Float32Array(bits.buffer).filter((value) => !Number.isNaN(value));
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
      { metadata: { step: '3' } },
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
    ['F16', 63_490, HASHES.F16],
    ['BF16', 65_282, HASHES.BF16],
  ] as const)('all 65,536 numbers of %s are widened as torch does', (format, count, hash) => {
    const wide = new Float32Array(2 ** 16);
    widenNumbers(
      Uint16Array.from({ length: 2 ** 16 }, (_, i) => i),
      format,
      wide,
    );
    const numbers = wide.filter((value) => !Number.isNaN(value));
    expect(numbers).toHaveLength(count);
    expect(createHash('sha256').update(new Uint8Array(numbers.buffer)).digest('hex')).toBe(hash);
  });

  test.each(['F16', 'BF16'] as const)('float32 is rounded to %s as torch does, and what was widened comes back bit for bit', (format) => {
    const numbers = manyNumbers();
    const bits = new Uint16Array(numbers.length);
    narrowNumbers(numbers, format, bits);
    expect(createHash('sha256').update(new Uint8Array(bits.buffer)).digest('hex')).toBe(ROUNDED[format]);
    narrowNumbers(Float32Array.of(Number.NaN, -Number.NaN), format, bits);
    const wide = new Float32Array(2 ** 16);
    widenNumbers(bits.subarray(0, 2), format, wide);
    expect([...wide.subarray(0, 2)]).toEqual([Number.NaN, Number.NaN]);

    const all = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
    widenNumbers(all, format, wide);
    const again = new Uint16Array(2 ** 16);
    narrowNumbers(wide, format, again);
    for (const [i, value] of wide.entries()) if (!Number.isNaN(value) && again[i] !== i) expect([i, again[i]]).toEqual([i, i]);
  });

  test('half precision is written rounded, in blocks', async () => {
    const path = join(folder, 'rounded.safetensors');
    // More than a block of numbers.
    const data = Float32Array.from({ length: 2 ** 20 + 3 }, (_, i) => i / 7);
    const shape = [data.length];
    await writeSafetensors(path, new Map([['a', { shape, data }]]), { dtype: 'BF16' });
    expect((await readFile(path)).length).toBeLessThan(2 * data.length + 200);
    const read = (await readSafetensors(path)).tensors.get('a')!;
    expect(read.shape).toEqual(shape);
    for (const i of [0, 1, 6, 1000, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 2]) {
      expect(Math.abs(read.data[i]! - data[i]!)).toBeLessThanOrEqual(data[i]! * 2 ** -8);
    }
  });

  test('a number beyond the range of F16 is named, and nothing is left; infinities are kept', async () => {
    const path = join(folder, 'beyond.safetensors');
    const tensor = (...values: number[]): { shape: number[]; data: Float32Array } => ({
      shape: [values.length],
      data: Float32Array.from(values),
    });
    await expect(writeSafetensors(path, new Map([['far', tensor(1, 65_520)]]), { dtype: 'F16' })).rejects.toMatchObject({
      code: 'not-finite',
      message: `${path}: tensor far has the number 65520, which is beyond the range of F16: write F32`,
    });
    expect((await readdir(folder)).filter((name) => name.startsWith('beyond'))).toEqual([]);
    await writeSafetensors(path, new Map([['near', tensor(65_519, -Infinity)]]), { dtype: 'F16' });
    expect([...(await readSafetensors(path)).tensors.get('near')!.data]).toEqual([65_504, -Infinity]);
  });

  test('any tensors survive being written and read', async () => {
    const path = join(folder, 'any.safetensors');
    const tensor = fc.array(fc.float({ noDefaultInfinity: false }), { maxLength: 12 }).map((values) => Float32Array.from(values));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), tensor), fc.dictionary(fc.string(), fc.string()), async (given, metadata) => {
        const tensors = Object.entries(given).filter(([name]) => name !== '__metadata__');
        const written = new Map(tensors.map(([name, data]) => [name, { shape: [data.length, 1], data }]));
        await writeSafetensors(path, written, { metadata });
        const read = await readSafetensors(path);
        expect(read.tensors).toEqual(written);
        expect({ ...read.metadata }).toEqual({ ...metadata });
      }),
      { numRuns: 40 },
    );
  });

  test('a damaged header is refused with this error, or still describes the bytes of the file', async () => {
    const path = join(folder, 'damaged.safetensors');
    const bytes = file(
      { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] }, b: { dtype: 'F16', shape: [1, 3], data_offsets: [8, 14] } },
      Buffer.alloc(14),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 15), fc.nat(255), fc.nat(3), async (place, value, cut) => {
        const damaged = Buffer.from(bytes.subarray(0, bytes.length - cut));
        damaged[place] = value;
        await writeFile(path, damaged);
        try {
          const { tensors } = await readSafetensors(path);
          expect(cut).toBe(0);
          for (const { shape, data } of tensors.values()) expect(data).toHaveLength(shape.reduce((product, length) => product * length, 1));
        } catch (error) {
          expect(LanguageModelError.isInstance(error)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
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
    [
      'two tensors in the same bytes',
      file(
        { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] }, b: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } },
        Buffer.alloc(12),
      ),
      /tensor b overlaps tensor a/,
    ],
    [
      'a hole between tensors',
      file(
        { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] }, b: { dtype: 'F32', shape: [1], data_offsets: [8, 12] } },
        Buffer.alloc(12),
      ),
      /4 bytes between tensor a and tensor b/,
    ],
    [
      'bytes that no tensor has',
      file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, Buffer.alloc(9)),
      /5 bytes after tensor a/,
    ],
    ['a negative offset', file({ a: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }, Buffer.alloc(4)), /tensor a .* bytes -4 to 0/],
    [
      'a negative length',
      file({ a: { dtype: 'F32', shape: [-1, -1], data_offsets: [0, 4] } }, Buffer.alloc(4)),
      /tensor a has the shape \[-1,-1\]/,
    ],
    ['offsets that are no list', file({ a: { dtype: 'F32', shape: [1], data_offsets: 4 } }, Buffer.alloc(4)), /tensor a .* inconsistent/],
    ['a tensor that is no object', file({ a: null }, Buffer.alloc(0)), /tensor a is described by null/],
    ['a header that is a list', file([], Buffer.alloc(0)), /not a JSON object/],
    ['metadata that is not text', file({ __metadata__: { step: 3 } }, Buffer.alloc(0)), /__metadata__/],
    ['a tensor named twice', fileOfText('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}, "\\u0061" :{}}'), /"a" twice/],
    ['a property named twice', fileOfText('{"a":{"dtype":"F32","dtype":"F16","shape":[0],"data_offsets":[0,0]}}'), /"dtype" twice/],
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
