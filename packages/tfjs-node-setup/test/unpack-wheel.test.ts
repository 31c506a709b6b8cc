import { existsSync, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { placeOf, unpackWheel } from '../src/unpack-wheel.ts';
import { verifyWheel } from '../src/wheel.ts';
import { fakeWheel, library, temporaryFolder } from './fake-world.ts';

describe('unpacking', () => {
  test('takes the libraries and the C headers, byte for byte, and nothing else', async () => {
    const folder = temporaryFolder();
    const { path } = fakeWheel(folder);
    const seen: number[] = [];
    let size = 0;
    await unpackWheel(path, join(folder, 'library'), {
      onBytes: (done, total) => {
        seen.push(done);
        size = total;
      },
    });
    const files = readdirSync(join(folder, 'library'), { recursive: true, withFileTypes: true });
    expect(files.filter((entry) => entry.isFile()).map((entry) => entry.name)).toHaveLength(4);
    expect(readFileSync(join(folder, 'library', 'libtensorflow_cc.so.2')).equals(library)).toBe(true);
    expect(readFileSync(join(folder, 'library', 'libtensorflow_framework.so.2')).equals(library.subarray(0, 1000))).toBe(true);
    expect(readlinkSync(join(folder, 'library', 'libtensorflow.so'))).toBe('libtensorflow_cc.so.2');
    expect(existsSync(join(folder, 'library', 'include', 'xla', 'tsl', 'c', 'tsl_status.h'))).toBe(true);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toBe(size);
    // Also not above it.
    expect(readdirSync(folder).sort()).toEqual(['library', 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl']);
  });

  test('leaves nothing of a wheel that is cut short, damaged or lacks a library', async () => {
    const folder = temporaryFolder();
    const cut = fakeWheel(folder, { name: 'cut.whl' }).path;
    truncateSync(cut, 150_000);
    const damaged = fakeWheel(folder, { name: 'damaged.whl' }).path;
    writeFileSync(damaged, readFileSync(damaged).fill(255, 100_000, 250_000));
    const lacking = fakeWheel(folder, { name: 'lacking.whl', without: 'tensorflow/libtensorflow_framework.so.2' }).path;
    for (const [wheel, reason] of [
      [cut, 'cannot be unpacked'],
      [damaged, 'cannot be unpacked'],
      [lacking, 'tensorflow/libtensorflow_framework.so.2 is not in it'],
    ] as const) {
      const error = unpackWheel(wheel, join(folder, 'library'));
      await expect(error).rejects.toMatchObject({ code: 'bad-wheel', message: expect.stringContaining(reason) });
    }
    expect(readdirSync(folder).sort()).toEqual(['cut.whl', 'damaged.whl', 'lacking.whl']);
  });

  test('stops when it is told to, and leaves nothing', async () => {
    const folder = temporaryFolder();
    const { path } = fakeWheel(folder);
    const controller = new AbortController();
    const work = unpackWheel(path, join(folder, 'library'), {
      signal: controller.signal,
      onBytes: () => controller.abort(new Error('enough')),
    });
    await expect(work).rejects.toThrow('enough');
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('never places a member outside its folder', () => {
    const part = fc.constantFrom('..', '.', '', 'tensorflow', 'include', 'c', 'xla', 'tsl', 'libtensorflow_cc.so.2', 'a\\b', '/');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const place = placeOf(['tensorflow/include/tensorflow/c', ...parts].join('/'));
        if (place !== undefined) expect(join('/base', place).startsWith('/base/')).toBe(true);
      }),
    );
  });
});

describe('a wheel is trusted only', () => {
  test('when its checksum is the pinned or the given one', async () => {
    const folder = temporaryFolder();
    const { path, sha256 } = fakeWheel(folder);
    expect(await verifyWheel(path, { variant: 'cpu', sha256: sha256.toUpperCase() })).toBe('2.21.0');
    // The name is a pinned one, the bytes are not.
    await expect(verifyWheel(path, { variant: 'cpu' })).rejects.toMatchObject({
      code: 'wrong-checksum',
      message: expect.stringMatching(new RegExp(`${sha256}, but 2b847d217b02`)),
    });
  });

  test('when it exists, is known and is of the wanted build', async () => {
    const folder = temporaryFolder();
    const { path, sha256 } = fakeWheel(folder);
    await expect(verifyWheel(join(folder, 'tensorflow-2.21.0-x.whl'), { variant: 'gpu' })).rejects.toMatchObject({ code: 'missing-file' });
    await expect(verifyWheel(path, { variant: 'gpu', sha256 })).rejects.toMatchObject({
      code: 'bad-wheel',
      message: expect.stringContaining('leave out --gpu'),
    });
    const other = fakeWheel(folder, { name: 'tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_17_x86_64.whl' });
    await expect(verifyWheel(other.path, { variant: 'cpu' })).rejects.toMatchObject({ code: 'unknown-wheel' });
    expect(await verifyWheel(other.path, { variant: 'cpu', sha256: other.sha256 })).toBe('2.20.0');
  });
});
