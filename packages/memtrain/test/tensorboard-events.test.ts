import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { crc32c, maskedCrc32c } from '../src/run/crc32c.ts';
import { readTensorboardScalars, TensorboardWriter } from '../src/run/tensorboard-events.ts';
import { readEvents, type EventFile } from './support/read-events.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();

describe('CRC-32C', () => {
  test.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
    ['"123456789"', Buffer.from('123456789'), 0xe3069283],
  ])('of %s is that of RFC 3720', (_name, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test('is masked as TFRecord files want it', () => {
    const crc = 0xe3069283;
    const rotated = ((crc >>> 15) | (crc << 17)) >>> 0;
    expect(maskedCrc32c(Buffer.from('123456789'))).toBe((rotated + 0xa282ead8) % 2 ** 32);
  });
});

describe('the TensorBoard writer', () => {
  const events = [
    { step: 1, tag: 'train/reward', value: 0.25, wallTime: 1_700_000_000.5 },
    { step: 300, tag: 'train/größe', value: -1.5, wallTime: 1_700_000_001 },
    { step: 2 ** 40, tag: 'x'.repeat(300), value: 3, wallTime: 1_700_000_002 },
  ];
  const write = (name: string): string => {
    const path = join(folder, name);
    const writer = new TensorboardWriter(path, { fresh: true, wallTime: 1_700_000_000 });
    for (const event of events) writer.scalar(event);
    writer.close();
    return path;
  };

  test('writes what can be read back', () => {
    expect(readTensorboardScalars(readFileSync(write('round')))).toEqual(events);
  });

  test('begins with the version record, byte for byte', () => {
    const path = join(folder, 'version');
    new TensorboardWriter(path, { fresh: true, wallTime: 0 }).close();
    const bytes = readFileSync(path);
    expect(bytes.readBigUInt64LE(0)).toBe(24n);
    expect(bytes.subarray(12, 36).toString('hex')).toBe('0900000000000000001a0d627261696e2e4576656e743a32');
    expect(bytes).toHaveLength(40);
  });

  test('makes the committed file, which PyPI tensorboard reads as the reference says, and so does a second reader', () => {
    const path = join(folder, 'reference');
    const writer = new TensorboardWriter(path, { fresh: true, wallTime: 1_700_000_000 });
    const tags = ['train/reward', 'E/outcome', 'rollout/ends/no-answer', 'größe'];
    for (let index = 0; index < 40; index++) {
      const value = Math.fround([0.25, -1e-30, 3.5e20, 1 / 3][index % 4]! * (index + 1));
      writer.scalar({ step: index ** 5, tag: tags[index % 4]!.repeat(1 + index), value, wallTime: 1_700_000_000 + index / 8 });
    }
    writer.close();
    const bytes = readFileSync(path);
    expect(bytes.equals(readFileSync(new URL('./data/tensorboard-reference.tfevents', import.meta.url)))).toBe(true);
    const { version, scalars } = JSON.parse(
      readFileSync(new URL('./data/tensorboard-reference.json', import.meta.url), 'utf8'),
    ) as EventFile;
    expect(scalars).toHaveLength(40);
    expect(readEvents(bytes)).toEqual({ version, scalars });
    expect(readTensorboardScalars(bytes)).toEqual(scalars);
    bytes[100]! ^= 4;
    expect(() => readEvents(bytes)).toThrow(/CRC/);
  });

  test('goes on with a file that is there', () => {
    const path = write('more');
    const writer = new TensorboardWriter(path, { fresh: false, wallTime: 0 });
    writer.scalar(events[0]!);
    writer.close();
    expect(readTensorboardScalars(readFileSync(path))).toEqual([...events, events[0]]);
  });

  test('a damaged byte and a cut record are named by their place', () => {
    const bytes = readFileSync(write('damaged'));
    bytes[60] = bytes[60]! ^ 1;
    expect(() => readTensorboardScalars(bytes)).toThrow(/byte 40 is damaged/);
    expect(() => readTensorboardScalars(readFileSync(write('cut')).subarray(0, 50))).toThrow(expect.objectContaining({ code: 'bad-file' }));
  });
});
