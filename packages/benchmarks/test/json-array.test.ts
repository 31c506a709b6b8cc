import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readJsonArray, readRecords } from '../src/index.ts';
import { readStoredValue } from '../src/items/json-array.ts';
import { storedString } from '../src/items/stored-string.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const path = join(folder, 'values.json');

async function valuesOf(read: typeof readJsonArray): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const { value } of read(path)) values.push(value);
  return values;
}

describe('the streaming reader of JSON arrays', () => {
  test('gives what JSON.parse gives, and where each element stands', async () => {
    const json = fc.array(fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(json, fc.constantFrom(0, 2), async (values, indent) => {
        const expected = JSON.parse(JSON.stringify(values)) as unknown[];
        writeFileSync(path, JSON.stringify(values, null, indent));
        const found: unknown[] = [];
        for await (const { value, start, end } of readJsonArray(path)) {
          found.push(value);
          expect(await readStoredValue(path, { start, end })).toEqual(value);
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('reads elements longer than its blocks, with quotes, brackets and letters of several bytes at their borders', async () => {
    const long = '"[{\\é€😀'.repeat(300_000);
    writeFileSync(path, JSON.stringify([{ long }, long, 1]));
    expect(await valuesOf(readJsonArray)).toEqual([{ long }, long, 1]);
  });

  test('leaves long texts out where that is asked for, and says how long they were', async () => {
    const long = '"[{\\é😀'.repeat(500_000);
    const bytes = Buffer.byteLength(JSON.stringify(long)) - 2;
    writeFileSync(
      path,
      JSON.stringify([
        { id: 1, long, after: ['"', { long }] },
        { id: 2, long: 'short' },
      ]),
    );
    const values: unknown[] = [];
    for await (const { value } of readJsonArray(path, { elideOver: 1 << 20 })) values.push(value);
    const elided = { elidedBytes: bytes };
    expect(values).toEqual([
      { id: 1, long: elided, after: ['"', { long: elided }] },
      { id: 2, long: 'short' },
    ]);
  });

  test.each([
    ['{"a": 1}', 'no JSON array'],
    ['', 'is empty'],
    ['[{"a": 1}, {"b": ', 'ends inside'],
    ['[1, 2', 'ends inside'],
    ['[1 2]', 'misplaced'],
    ['[,1]', 'misplaced'],
    ['[1] x', 'misplaced'],
    ['[nope]', 'not JSON'],
  ])('says at which byte %p is wrong', async (text, message) => {
    writeFileSync(path, text);
    await expect(valuesOf(readJsonArray)).rejects.toThrow(
      expect.objectContaining({ code: 'bad-data', message: expect.stringContaining(message) }),
    );
    await expect(valuesOf(readJsonArray)).rejects.toThrow(/byte \d+/);
  });

  test('tells arrays from lines, past a byte-order mark and blank lines', async () => {
    writeFileSync(path, '\ufeff\n[{"a": 1}, {"a": 2}]');
    expect(await valuesOf(readRecords)).toEqual([{ a: 1 }, { a: 2 }]);
    writeFileSync(path, '\ufeff{"a": "é"}\r\n\n{"a": [2]}');
    expect(await valuesOf(readRecords)).toEqual([{ a: 'é' }, { a: [2] }]);
    for await (const { value, start, end } of readRecords(path)) {
      if (start > 0) expect(await readStoredValue(path, { start, end })).toEqual(value);
    }
    writeFileSync(path, '{"a": 1}\nnope\n');
    await expect(valuesOf(readRecords)).rejects.toThrow('line 2: not JSON');
    await expect(async () => {
      for await (const record of readRecords(join(folder, 'missing.json'))) expect(record).toBeUndefined();
    }).rejects.toThrow(expect.objectContaining({ code: 'no-file' }));
  });
});

describe('the streaming reader of a text inside a record', () => {
  const read = async (values: readonly unknown[], field: string): Promise<string[]> => {
    writeFileSync(path, JSON.stringify(values));
    const texts: string[] = [];
    for await (const { start, end } of readJsonArray(path)) {
      let text = '';
      for await (const piece of storedString(path, { start, end, field })) text += piece;
      texts.push(text);
    }
    return texts;
  };

  test('gives the field, whatever stands before it and in it', async () => {
    const other = fc.dictionary(
      fc.string().filter((key) => key !== 'text' && key !== '__proto__'),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), other, async (text, before) => {
        const nested = { deep: { text: 'no' }, list: ['text', { text: 'no' }] };
        expect(await read([{ ...before, nested, key: 'text', text, after: 1 }], 'text')).toEqual([text]);
      }),
      { numRuns: 60 },
    );
  });

  test('is cut by blocks at escapes and letters of several bytes without harm', async () => {
    for (const shift of [0, 1, 2, 3, 4, 5, 6]) {
      const text = '.'.repeat(shift) + '\\\\"\n\u0007\u{1F600}\u20ac\ud800'.repeat(60_000);
      expect((await read([{ text }], 'text'))[0] === text).toBe(true);
    }
    await expect(read([{ other: 'x' }], 'text')).rejects.toThrow('no text "text"');
  });
});
