import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { collectEntityTables, defaultExtractor, entityTablesFrom, openImportedEntities, openOnnxEntities } from '../src/index.ts';
import type { EntityExtractor, Passage } from '../src/index.ts';
import { wordPiece } from '../src/tokens/word-piece.ts';

const tables = entityTablesFrom(collectEntityTables([]));
const passage = (text: string): Passage => ({ title: 'T', pageId: 1, revisionId: 1, text, links: [] });
const tinyNer = join(import.meta.dirname, 'data/tiny-ner');

async function kinds(extractor: EntityExtractor, text: string): Promise<[string, string, string][]> {
  const found = await extractor.extract(passage(text));
  for (const { start, end, text: own } of found) expect(text.slice(start, end)).toBe(own);
  return found.map(({ text: own, kind, source }) => [own, kind, source]);
}

async function file(content: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'memtrain-entities-')), 'entities.jsonl');
  await writeFile(path, content);
  return path;
}

describe('a local ONNX model', () => {
  test('labels words by their first piece, over windows longer texts need', async () => {
    const extractor = await openOnnxEntities(tinyNer, tables);
    expect(await kinds(extractor, 'Ada Lovelace saw Paris.')).toEqual([
      ['Ada Lovelace', 'person', 'model'],
      ['Paris', 'place', 'model'],
    ]);
    // Windows of six ids: the names lie in different ones.
    expect(await kinds(extractor, 'saw saw saw saw saw saw Ada saw unknown words . . . Paris saw')).toEqual([
      ['Ada', 'person', 'model'],
      ['Paris', 'place', 'model'],
    ]);
    expect(await kinds(extractor, '')).toEqual([]);
  });

  test('says what is missing of the folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'memtrain-model-'));
    await expect(openOnnxEntities(folder, tables)).rejects.toMatchObject({
      code: 'no-file',
      message: expect.stringContaining('model.onnx'),
    });
    await writeFile(join(folder, 'model.onnx'), '');
    await expect(openOnnxEntities(folder, tables)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('config.json'),
    });
    await writeFile(join(folder, 'config.json'), '{"id2label": {"0": "O"}}');
    await writeFile(join(folder, 'tokenizer.json'), '{"model": {"type": "BPE"}}');
    await expect(openOnnxEntities(folder, tables)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('WordPiece'),
    });
  });

  test('WordPiece takes the longest piece, [UNK] where none fits', () => {
    const vocab = Object.fromEntries(['[UNK]', '[CLS]', '[SEP]', 'un', 'una', '##ble', '##b', 'le'].map((word, id) => [word, id]));
    const { encodeWord } = wordPiece({ normalizer: { lowercase: true }, model: { type: 'WordPiece', unk_token: '[UNK]', vocab } });
    expect(encodeWord('Unáble')).toEqual([4, 5]);
    expect(encodeWord('unx')).toEqual([0]);
    expect(() => wordPiece({ model: { type: 'WordPiece', unk_token: '?', vocab } })).toThrow(/lacks \?/);
  });
});

describe('imported entities', () => {
  test("spaCy's offsets count code points, labels become kinds, overlaps and unmaskable spans go", async () => {
    const text = '🙂 Ada Lovelace paid 1,200 in Paris, Texas.';
    const at = (part: string): [number, number] => {
      const start = Array.from(text.slice(0, text.indexOf(part))).length;
      return [start, start + Array.from(part).length];
    };
    const ent = (part: string, label: string): object => ({ start: at(part)[0], end: at(part)[1], label });
    const ents = [ent('Ada Lovelace', 'PERSON'), ent('1,200', 'CARDINAL'), ent('Paris', 'GPE'), ent('Lovelace', 'ORG'), ent('🙂', 'X')];
    const extractor = await openImportedEntities(await file(`${JSON.stringify({ text, ents })}\n`), tables);
    expect(await kinds(extractor, text)).toEqual([
      ['Ada Lovelace', 'person', 'import'],
      ['1,200', 'number', 'import'],
      ['Paris', 'place', 'import'],
    ]);
    expect(await kinds(extractor, 'another text')).toEqual([]);
  });

  test('names the bad line', async () => {
    const good = JSON.stringify({ text: 'a', ents: [] });
    await expect(openImportedEntities(await file(`${good}\n{`), tables)).rejects.toMatchObject({
      code: 'bad-source',
      message: expect.stringContaining('line 2'),
    });
    await expect(openImportedEntities(await file('{"text": "a", "ents": [{"start": -1}]}'), tables)).rejects.toThrow(
      /line 1, ents\.0\.start/,
    );
    await expect(openImportedEntities('/absent.jsonl', tables)).rejects.toMatchObject({ code: 'no-file' });
  });
});

test('the default extractor is findEntities', async () => {
  expect(await kinds(defaultExtractor(tables), 'In 1856 Ada Lovelace left.')).toEqual([
    ['1856', 'date', 'pattern'],
    ['Ada Lovelace', 'person', 'capitals'],
  ]);
});
