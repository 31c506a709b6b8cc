import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { wordTokenizer } from '@memtrain/policy';
import fc from 'fast-check';
import { chunkEntities } from '../src/documents/chunk-entities.ts';
import { readDocumentsFile } from '../src/documents/read-documents-file.ts';
import { rolloutDocument } from '../src/documents/rollout-document.ts';
import { documentsOfStep } from '../src/training/document-order.ts';
import { writeDocuments } from './support/documents.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('a documents file', () => {
  test('gives texts with the answer and its aliases', () => {
    const path = join(folder, 'good.jsonl');
    writeDocuments(path, 3);
    const { documents, sha256 } = readDocumentsFile(path);
    expect(documents).toHaveLength(3);
    expect(documents[1]).toMatchObject({ id: 'd1', mask: '[MASK]', gold: ['Bruno Keller', 'the traveller'] });
    expect(documents[0]!.text).toMatch(/^Life 0\nIn 1900, \[MASK\] moved/);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['no file', join(folder, 'absent.jsonl'), 'no-file', 'no documents file'],
    ['a folder', folder, 'no-file', 'is not a file'],
    ['an empty file', file('empty.jsonl', ''), 'bad-file', 'holds no document'],
    ['a file of something else', file('text.jsonl', 'hello\n'), 'bad-file', 'line 1 is not JSON'],
    ['a file cut short', file('cut.jsonl', '{"id":"a"'), 'bad-file', 'line 1 is cut short'],
    [
      'a line without an answer',
      file('field.jsonl', '{"id":"a","passages":[{"title":"","text":"x"}],"mask":"[MASK]","aliases":[]}\n'),
      'bad-file',
      'line 1, answer',
    ],
  ])('%s is refused', (_name, path, code, message) => {
    expect(() => readDocumentsFile(path)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});

describe('a document for reading', () => {
  const tokenizer = wordTokenizer(['<pad>', '<eos>', 'a', 'b', '[MASK]']);
  const document = { id: 'd', text: 'a a a b [MASK] b a [MASK] [MASK] b a b', mask: '[MASK]', gold: ['x'] };

  test('is read whole when it fits', () => {
    const read = rolloutDocument(document, { tokenizer, chunkTokens: 6, maxChunks: 4 });
    expect(read).toMatchObject({ whole: true, gold: ['x'], objective: 'E' });
    expect(read.chunks.join('')).toBe(document.text);
  });

  test('else that stretch is read which holds the most placeholders', () => {
    const read = rolloutDocument(document, { tokenizer, chunkTokens: 3, maxChunks: 2 });
    expect(read.whole).toBe(false);
    expect(read.chunks.map((chunk) => chunk.trim())).toEqual(['b [MASK] b', 'a [MASK] [MASK]']);
  });
});

test('entities of a chunk are its names and years, without the mask and what is excluded', () => {
  const path = join(folder, 'entities.jsonl');
  writeDocuments(path, 2);
  const { documents } = readDocumentsFile(path);
  const { entitiesOf } = chunkEntities(documents);
  const found = entitiesOf('In 1907, Bruno Keller met [MASK] in Lisbon.', ['Lisbon']);
  expect(found).toEqual(expect.arrayContaining(['1907', 'Bruno Keller']));
  expect(found.join()).not.toMatch(/MASK|Lisbon/);
});

test('entities that a document names are the ones asked for, each where it stands', () => {
  const document = { id: 'd', text: '', mask: '[MASK]', gold: [], entities: ['Lisbon', '1907', 'Oslo'] };
  const { entitiesOf, add } = chunkEntities([document]);
  add(document, ['In 1907 they met Bruno Keller.', 'Oslo and Lisbon']);
  expect(entitiesOf('In 1907 they met Bruno Keller.', [])).toEqual(['1907']);
  expect(entitiesOf('Oslo and Lisbon', ['Oslo'])).toEqual(['Lisbon']);
  expect(entitiesOf('never seen', [])).toEqual([]);
});

test('entities of a chunk depend on the documents of the update alone, so that a resumed run asks for the same', () => {
  const shared = 'Oslo and Lisbon';
  const first = { id: 'a', text: '', mask: '[MASK]', gold: [], entities: ['Oslo'] };
  const second = { ...first, id: 'b', entities: ['Lisbon'] };
  const { entitiesOf, add } = chunkEntities([first, second]);
  add(first, [shared]);
  add(second, [shared]);
  expect(entitiesOf(shared, [])).toEqual(['Lisbon']);
  // More chunks than are remembered, then an update whose first chunk was seen long ago.
  add(first, [shared]);
  add(
    second,
    Array.from({ length: 65_535 }, (_, index) => `Lisbon ${index}`),
  );
  add(first, [shared]);
  for (let index = 65_535; index < 65_600; index++) add(second, [`Lisbon ${index}`]);
  expect(entitiesOf(shared, [])).toEqual(['Oslo']);
  expect(entitiesOf('Lisbon 65599', [])).toEqual(['Lisbon']);
  expect(entitiesOf('Lisbon 0', [])).toEqual([]);
});

test('every epoch reads every document once, in an order of its own that follows from the step', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 15 }), fc.nat(1000), (count, perStep, seed) => {
      const steps = Array.from({ length: count * 2 }, (_, index) => documentsOfStep(index + 1, { count, perStep, seed }));
      const read = steps.flat();
      const epochs = Math.floor(read.length / count);
      for (let epoch = 0; epoch < epochs; epoch++) {
        expect(new Set(read.slice(epoch * count, (epoch + 1) * count)).size).toBe(count);
      }
    }),
  );
  const orders = [1, 2].map((step) => documentsOfStep(step, { count: 30, perStep: 30, seed: 0 }));
  expect(orders[0]).not.toEqual(orders[1]);
});
