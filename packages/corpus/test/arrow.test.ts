import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { tableFromArrays, tableToIPC, utf8 } from '@uwdata/flechette';
import { buildCorpus, readSources } from '../src/index.ts';
import type { SourceOptions, SourceRecord } from '../src/index.ts';
import { openArrowSource } from '../src/sources/arrow-source.ts';
import { arrowMessages } from '../src/sources/arrow-messages.ts';
import type { SourceTask } from '../src/sources/source-task.ts';
import { temporaryFolder, tinyPages } from './support/tiny-dump.ts';

/** Made by `datasets` and pyarrow: see make-arrow-datasets.py. */
const data = join(import.meta.dirname, 'data/arrow');
let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

async function read(sources: SourceOptions): Promise<(SourceRecord & { source: string })[]> {
  const records: (SourceRecord & { source: string })[] = [];
  for await (const record of readSources(sources)) records.push(record);
  return records;
}

const titles = (records: readonly SourceRecord[]): string[] =>
  records.map((record) => (record.type === 'article' ? record.article.title : record.type));

const errorOf = (code: string, message: string): unknown => expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('a dataset that save_to_disk wrote', () => {
  test('is read shard by shard, caches left out, rows without text rejected with their place', async () => {
    const records = await read({ folder: join(data, 'one') });
    expect(titles(records)).toEqual(['Título 0', 'rejected', 'rejected', 'Título 3', 'Título 4', 'Título 5', 'Título 6']);
    expect(records[1]).toMatchObject({
      source: 'data-00000-of-00002.arrow',
      position: { row: 2 },
      reason: 'no text in text, contents, content, passage: the record has id, title, text',
    });
    expect(records[2]).toMatchObject({ position: { row: 3 }, reason: 'the text is empty' });
    expect(records[4]).toMatchObject({
      source: 'data-00001-of-00002.arrow',
      position: { row: 1 },
      article: { pageId: 4, content: { paragraphs: [{ text: 'Text 4 – with a dash.' }] } },
    });
    expect(await read({ arrow: join(data, 'one') })).toEqual(records);
  });

  test('splits come in the order of dataset_dict.json; one split can be named; fields are mapped', async () => {
    const records = await read({ folder: join(data, 'splits') });
    expect(titles(records)).toEqual(['Título 20', 'Título 10', 'Título 11']);
    expect(records[1]!.source).toBe('train/data-00000-of-00001.arrow');
    expect(titles(await read({ arrow: join(data, 'splits/train') }))).toEqual(['Título 10', 'Título 11']);
    const [swapped] = await read({ arrow: join(data, 'splits/train'), fields: { title: 'text', text: 'title' } });
    expect(swapped).toMatchObject({ article: { title: 'Text 10 – with a dash.', content: { paragraphs: [{ text: 'Título 10' }] } } });
  });

  test('that lacks a shard or a split, or whose description is damaged, is an error', async () => {
    const one = join(folder, 'lost');
    await cp(join(data, 'one'), one, { recursive: true });
    await rm(join(one, 'data-00001-of-00002.arrow'));
    await expect(read({ folder: one })).rejects.toThrow(errorOf('truncated', 'data-00001-of-00002.arrow, which is not there') as Error);
    await writeFile(join(one, 'state.json'), '{"_data_files": [1]}');
    await expect(read({ arrow: one })).rejects.toThrow(errorOf('bad-source', 'state.json') as Error);
    const splits = join(folder, 'splits');
    await cp(join(data, 'splits'), splits, { recursive: true });
    await rm(join(splits, 'train'), { recursive: true });
    await expect(read({ folder: splits })).rejects.toThrow(errorOf('truncated', 'the split train') as Error);
    await mkdir(join(folder, 'empty'));
    await expect(read({ arrow: join(folder, 'empty') })).rejects.toThrow(errorOf('bad-source', 'no .arrow file') as Error);
    await expect(read({ arrow: join(folder, 'absent.arrow') })).rejects.toThrow(errorOf('no-file', 'absent.arrow') as Error);
  });

  test('beside other data is an error: nothing is left out silently', async () => {
    const mixed = join(folder, 'mixed');
    await cp(join(data, 'one'), mixed, { recursive: true });
    await writeFile(join(mixed, 'more.jsonl'), '{"text": "a"}\n');
    await expect(read({ folder: mixed })).rejects.toThrow(errorOf('bad-source', 'both') as Error);
  });
});

describe('Arrow files of pyarrow', () => {
  test.each(['file.arrow', 'replaced.arrow'])('%s: batches, long strings, views, and dictionaries that grow or change', async (name) => {
    const records = await read({ arrow: join(data, name) });
    expect(titles(records)).toEqual(['A', 'B', 'A', 'B', 'C', 'A']);
    expect(records.map((record) => record.position)).toEqual([1, 2, 3, 4, 5, 6].map((row) => ({ row })));
    expect(records[1]).toMatchObject({
      article: {
        pageId: 31,
        licence: 'a licence with a name of more than twelve bytes',
        content: { paragraphs: [{ text: 'Text 31 – with a dash.' }] },
      },
    });
  });

  test.each(['lz4', 'zstd'])('batches compressed with %s are refused with the way out', async (codec) => {
    await expect(read({ arrow: join(data, `${codec}.arrow`) })).rejects.toThrow(
      errorOf('not-supported', `compressed with ${codec}`) as Error,
    );
    await expect(read({ arrow: join(data, `${codec}.arrow`) })).rejects.toThrow(errorOf('not-supported', 'compression=None') as Error);
  });

  test.each(['file.arrow', 'replaced.arrow'])('%s cut anywhere is an error, never a short result', async (name) => {
    const whole = await readFile(join(data, name));
    for (let size = 0; size < whole.length - 8; size += 41) {
      const path = join(folder, 'cut.arrow');
      await writeFile(path, whole.subarray(0, size));
      const code = await read({ arrow: path }).then(
        () => 'read',
        (error: { code?: string }) => error.code,
      );
      expect([size, code]).toEqual([size, expect.stringMatching(/^(?:truncated|bad-source)$/)]);
    }
  });

  test('what is no Arrow file, or damaged, is an error that names it', async () => {
    for (const bytes of [Buffer.from('no arrow at all, only some text'), Buffer.alloc(4), Buffer.alloc(400, 0xff)]) {
      await writeFile(join(folder, 'no.arrow'), bytes);
      await expect(read({ arrow: join(folder, 'no.arrow') })).rejects.toThrow(errorOf('bad-source', 'no.arrow') as Error);
    }
  });
});

describe('memory', () => {
  test('a task names the batch on disk and at most 16 MiB of its rows', async () => {
    const path = join(folder, 'large.arrow');
    const count = 6000;
    const text = Array.from({ length: count }, (_, i) => `${i} ${'x'.repeat(6000)}`);
    await writeFile(path, tableToIPC(tableFromArrays({ text }, { types: { text: utf8() } }), { format: 'stream' })!);
    const tasks: Extract<SourceTask, { kind: 'arrow' }>[] = [];
    for await (const task of (await openArrowSource(path, {})).tasks()) tasks.push(task as (typeof tasks)[number]);
    expect(tasks.map(({ rows }) => [rows.from, rows.to])).toEqual([
      [0, 2000],
      [2000, 4000],
      [4000, 6000],
    ]);
    expect(JSON.stringify(tasks[0]).length).toBeLessThan(500);
    expect(await read({ arrow: path })).toHaveLength(count);
  });

  test('the headers of a file are read without its bodies', async () => {
    const kinds: string[] = [];
    for await (const { kind, rows } of arrowMessages(join(data, 'file.arrow'))) kinds.push(`${kind} ${rows}`);
    expect(kinds).toEqual(['schema 0', 'dictionary 2', 'batch 2', 'dictionary 1', 'batch 3', 'batch 1']);
  });
});

test('a build of Arrow shards that was stopped while reading goes on to the same bytes', async () => {
  const pages = tinyPages(24);
  const shards = join(folder, 'shards');
  await mkdir(shards);
  for (const shard of [0, 1, 2]) {
    const own = pages.filter((_, i) => i % 3 === shard);
    const table = tableFromArrays({
      title: own.map(({ title }) => title),
      text: own.map(({ text }) => text.replace(/<ref.*?<\/ref>|\[\[|\]\]|'''/g, '')),
    });
    await writeFile(join(shards, `data-0000${shard}-of-00003.arrow`), tableToIPC(table, { format: 'stream' })!);
  }
  const options = { folder: shards, documents: 6, preset: 'tiny', seed: 3 } as const;
  const files = (out: string): Promise<Buffer[]> =>
    Promise.all(['documents.jsonl', 'manifest.json', 'rejected.jsonl'].map((name) => readFile(join(out, name))));
  const { manifest } = await buildCorpus({ ...options, out: join(folder, 'whole') });
  expect(manifest.sources.map(({ name, sha256 }) => [name, sha256?.length])).toEqual(
    [0, 1, 2].map((shard) => [`data-0000${shard}-of-00003.arrow`, 64]),
  );
  const out = join(folder, 'stopped');
  const controller = new AbortController();
  const stopped = buildCorpus({
    ...options,
    out,
    signal: controller.signal,
    onProgress: ({ stage, pages: seen }) => {
      if (stage === 'read' && seen > 10) controller.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  expect(existsSync(join(out, '.build/passages-00000.json'))).toBe(true);
  await buildCorpus({ ...options, out });
  expect(await files(out)).toEqual(await files(join(folder, 'whole')));
});
