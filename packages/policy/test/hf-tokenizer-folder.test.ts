import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  huggingFaceTokenizer,
  loadTokenizer,
  PolicyError,
  saveWordTokenizer,
  wordTokenizer,
  wordTokenizerConfig,
  wordTokenizerJson,
} from '@memtrain/policy';
import fc from 'fast-check';
import { byteLevelFiles, ids } from './byte-level-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policy-tokenizer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, value: unknown): Promise<void> =>
  writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));

describe('loadTokenizer', () => {
  test('reads a model folder with configuration, generation configuration and a chat template of its own', async () => {
    const { tokenizer, config, generationConfig } = byteLevelFiles();
    await write('tokenizer.json', tokenizer);
    await write('tokenizer_config.json', config);
    await write('generation_config.json', generationConfig);
    await write('chat_template.jinja', '<|im_start|>{{ messages[0].content }}');
    const loaded = await loadTokenizer(folder);
    expect(loaded.endIds).toEqual([ids.end, ids.endOfText]);
    expect([...loaded.encodeChat!([{ role: 'user', content: 'the' }])]).toEqual([ids.start, 257]);
  });

  test.each([
    ['a folder without tokenizer.json', {}, /no tokenizer\.json in /],
    ['a cut file', { 'tokenizer.json': '{"model": {' }, /tokenizer\.json is not JSON/],
    ['a list instead of an object', { 'tokenizer.json': '[]' }, /tokenizer\.json must hold a JSON object/],
    ['a vocabulary without an end token', { 'tokenizer.json': JSON.stringify(byteLevelFiles().tokenizer) }, /no end token/],
  ])('%s: bad-tokenizer-file that names the folder', async (_name, files, message) => {
    for (const [name, text] of Object.entries(files)) await write(name, text);
    const error: unknown = await loadTokenizer(folder).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'PolicyError', code: 'bad-tokenizer-file', message: expect.stringMatching(message) });
    expect((error as Error).message).toContain(folder);
  });

  test('a file that cannot be read is an error, not a missing file', async () => {
    await mkdir(join(folder, 'tokenizer.json'));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: 'bad-tokenizer-file',
      message: expect.stringContaining('cannot be read'),
    });
  });
});

describe('a word-level vocabulary as Hugging Face files', () => {
  const vocabulary = ['<pad>', '<eos>', 'born', 'in', 'pt12', '1999', '.', "'s", '__proto__', '[MASK]', '<unk>'];

  test('loads to the ids, the text and the limits of wordTokenizer', async () => {
    const own = wordTokenizer(vocabulary);
    await saveWordTokenizer(folder, vocabulary);
    const loaded = await loadTokenizer(folder);
    expect(loaded).toMatchObject({ vocabularySize: own.vocabularySize, endIds: own.endIds, padId: own.padId });
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...vocabulary)), fc.constantFrom(' ', '\n', '  \t'), (words, space) => {
        const encoded = loaded.encode(words.join(space));
        expect(encoded).toEqual(own.encode(words.join(space)));
        expect(loaded.decode(encoded)).toBe(own.decode(encoded));
      }),
    );
  });

  test('refuses a word outside the vocabulary, also one glued to a special token', async () => {
    await saveWordTokenizer(folder, vocabulary);
    const loaded = await loadTokenizer(folder);
    expect(() => loaded.encode('born at')).toThrow(PolicyError);
    expect(() => loaded.encode('born at')).toThrow('"at" is not in the vocabulary');
    expect(() => loaded.encode('born<eos>')).toThrow('"born<eos>" is not in the vocabulary');
  });

  test('takes padding and end words by name', () => {
    const options = { pad: '_', end: 'stop' };
    const loaded = huggingFaceTokenizer({
      tokenizer: wordTokenizerJson(['a', 'stop', '_'], options),
      config: wordTokenizerConfig(options),
    });
    expect(loaded).toMatchObject({ padId: 2, endIds: [1] });
    expect(loaded.decode([0, 2, 1])).toBe('a');
  });

  test('is written whole, twice to the same bytes, with nothing left over', async () => {
    await saveWordTokenizer(folder, vocabulary);
    const first = await readFile(join(folder, 'tokenizer.json'), 'utf8');
    await saveWordTokenizer(folder, vocabulary);
    expect(await readFile(join(folder, 'tokenizer.json'), 'utf8')).toBe(first);
    expect((await readdir(folder)).sort()).toEqual(['tokenizer.json', 'tokenizer_config.json']);
  });

  test.each([
    [['<pad>', '<eos>', 'two words'], 'bad-options'],
    [['<pad>', '<eos>', ''], 'bad-options'],
    [['<pad>', '<eos>', 'a', 'a'], 'bad-options'],
    [['<pad>', 'a'], 'unknown-token'],
  ])('%j is refused with %s before anything is written', async (words, code) => {
    await expect(saveWordTokenizer(folder, words)).rejects.toMatchObject({ code });
    expect(await readdir(folder)).toEqual([]);
  });
});
