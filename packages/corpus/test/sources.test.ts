import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { readSources } from '../src/index.ts';
import type { OpenSourcesOptions, SourceOptions, SourceRecord } from '../src/index.ts';
import { lineBatches } from '../src/sources/line-batches.ts';
import { openParquetSource } from '../src/sources/parquet-source.ts';
import { recordsOfTask } from '../src/sources/read-task.ts';
import { pageBatches } from '../src/dump/page-batches.ts';
import { dumpXml, temporaryFolder } from './support/tiny-dump.ts';
import { zstdDump, zstdLines } from './support/zstd-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

async function file(name: string, data: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, data);
  return path;
}

async function read(sources: SourceOptions, options: OpenSourcesOptions = {}): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for await (const record of readSources(sources, options)) records.push(record);
  return records;
}

const titles = (records: readonly SourceRecord[]): string[] =>
  records.map((record) => (record.type === 'article' ? record.article.title : record.type));

const texts = (records: readonly SourceRecord[]): string[] =>
  records.map((record) => {
    if (record.type !== 'article' || !('paragraphs' in record.article.content)) return '';
    return record.article.content.paragraphs.map((paragraph) => paragraph.text).join(' / ');
  });

async function* pieces(...data: (string | Uint8Array)[]): AsyncGenerator<Buffer> {
  for (const piece of data) yield Buffer.from(piece);
}

describe('JSON Lines', () => {
  test('fields of the usual corpora are found, others are named', async () => {
    const wiki18 = await file('wiki18.jsonl', `${JSON.stringify({ id: '12', contents: '"Aaron"\nAaron was a prophet.' })}\n`);
    const [record] = await read({ jsonl: wiki18 });
    expect(record).toMatchObject({
      type: 'article',
      position: { line: 1, byte: 0 },
      article: { title: 'Aaron', pageId: 12, revisionId: 0 },
    });
    expect(texts([record!])).toEqual(['Aaron was a prophet.']);
    const flashRag = await file('flashrag.jsonl', JSON.stringify({ id: '7', contents: 'Abiogenesis\nLife from what is not alive.' }));
    const [fromFlashRag] = await read({ jsonl: flashRag });
    expect(fromFlashRag).toMatchObject({ article: { title: 'Abiogenesis', pageId: 7 } });
    expect(texts([fromFlashRag!])).toEqual(['Life from what is not alive.']);
    const plain = await file('plain.jsonl', JSON.stringify({ title: '007', text: 'One.\n\nTwo.', _id: 'a-b', license: 'CC0' }));
    expect(await read({ jsonl: plain })).toMatchObject([{ article: { title: '007', pageId: 1, sourceId: 'a-b', licence: 'CC0' } }]);
    const own = await file('own.jsonl', JSON.stringify({ name: 'N', body: 'Text.', key: 7 }));
    expect(await read({ jsonl: own, fields: { title: 'name', text: 'body', id: 'key' } })).toMatchObject([
      { article: { title: 'N', pageId: 7 } },
    ]);
  });

  test('bad lines are rejected records with line, byte and reason; the rest is read', async () => {
    const good = JSON.stringify({ title: 'A', text: 'a' });
    const path = await file(
      'bad.jsonl',
      Buffer.concat([
        Buffer.from(`${good}\n{"title": "B", \n\n[]\n{"title":"C"}\n`),
        Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d, 10]),
        Buffer.from(`{"text": " "}\n${good}`),
      ]),
    );
    const records = await read({ jsonl: path });
    expect(titles(records)).toEqual(['A', 'rejected', 'rejected', 'rejected', 'rejected', 'rejected', 'A']);
    expect(records.slice(1, 6).map((record) => [record.position, (record as { reason: string }).reason])).toEqual([
      [{ line: 2, byte: good.length + 1 }, expect.stringContaining('not JSON')],
      [{ line: 4, byte: expect.any(Number) }, 'the record is not an object'],
      [{ line: 5, byte: expect.any(Number) }, 'no text in text, contents, content, passage: the record has title'],
      [{ line: 6, byte: expect.any(Number) }, 'the line is not valid UTF-8'],
      [{ line: 7, byte: expect.any(Number) }, 'the text is empty'],
    ]);
  });

  test('gzip and standard input are read; positions count on over batches', async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) =>
      JSON.stringify({ id: i, title: `T${i}`, text: `Sentence number ${i} of many.` }),
    );
    const path = await file('many.jsonl.gz', gzipSync(lines.join('\n')));
    const records = await read({ jsonl: path });
    expect(records).toHaveLength(30_000);
    expect(records[29_999]).toMatchObject({ position: { line: 30_000 }, article: { pageId: 29_999 } });
    const fromStandardInput = await read({ jsonl: '-' }, { standardInput: pieces(lines.slice(0, 3).join('\n')) });
    expect(fromStandardInput).toEqual(records.slice(0, 3).map((record) => ({ ...record, source: 'standard input' })));
  });

  test('an overlong line is skipped and reported', async () => {
    const batches = [];
    for await (const batch of lineBatches(pieces('a\n', 'b'.repeat(50), 'b'.repeat(60), 'b\nc\n', 'd'), {
      batchBytes: 4,
      maxLineBytes: 100,
    }))
      batches.push([batch.bytes.toString(), batch.byte, batch.oversized]);
    expect(batches).toEqual([
      ['a\n', 0, undefined],
      ['', 2, true],
      ['c\nd', 114, undefined],
    ]);
  });
});

describe('parquet and datasets on disk', () => {
  const parquet = (rows: number, from = 0): Uint8Array =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'id', data: Array.from({ length: rows }, (_, i) => BigInt(from + i)), type: 'INT64' },
          { name: 'title', data: Array.from({ length: rows }, (_, i) => `T${from + i}`), type: 'STRING' },
          { name: 'text', data: Array.from({ length: rows }, (_, i) => (i === 1 ? '' : `Text ${from + i}.`)), type: 'STRING' },
        ],
        rowGroupSize: 4,
      }),
    );

  test('rows of every row group are read, with rejected ones', async () => {
    const records = await read({ parquet: await file('a.parquet', parquet(10)) });
    expect(titles(records)).toEqual(['T0', 'rejected', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8', 'T9']);
    expect(records[9]).toMatchObject({ position: { row: 10 }, article: { pageId: 9 } });
  });

  test('a large row group becomes several tasks, of the same rows', async () => {
    const rows = 90;
    const text = (i: number): string => `${i} ${'long '.repeat(200_000)}`;
    const path = await file(
      'large.parquet',
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [{ name: 'text', data: Array.from({ length: rows }, (_, i) => text(i)), type: 'STRING' }],
          rowGroupSize: rows,
        }),
      ),
    );
    const ranges: number[][] = [];
    const starts: string[] = [];
    for await (const task of (await openParquetSource(path, {})).tasks()) {
      if (task.kind === 'rows') ranges.push([task.from, task.to]);
      for await (const record of recordsOfTask(task)) starts.push(texts([record])[0]!.split(' ')[0]!);
    }
    expect(ranges).toEqual([
      [0, 30],
      [30, 60],
      [60, 90],
    ]);
    expect(starts).toEqual(Array.from({ length: rows }, (_, i) => String(i)));
  });

  test('a folder of shards is read in order of names', async () => {
    await file('set/data/train-00001.parquet', parquet(1, 5));
    await file('set/data/train-00000.parquet', parquet(1, 3));
    await file('set/more.jsonl', JSON.stringify({ title: 'J', text: 'Text.' }));
    await file('set/README.md', 'Not data.');
    expect(titles(await read({ folder: join(folder, 'set') }))).toEqual(['T3', 'T5', 'J']);
  });

  test('a file that is no parquet, and none at all', async () => {
    await expect(read({ parquet: await file('no.parquet', 'PAR1 no') })).rejects.toMatchObject({ code: 'bad-source' });
    await expect(read({ parquet: join(folder, 'absent.parquet') })).rejects.toMatchObject({ code: 'no-file' });
    await expect(read({})).rejects.toMatchObject({ code: 'bad-options' });
    await expect(read({ dump: '-', jsonl: '-' })).rejects.toMatchObject({ code: 'bad-options' });
  });
});

describe('folders of texts', () => {
  test('txt, Markdown and HTML become titled prose', async () => {
    await file('texts/b_file.txt', 'First line.\nSecond line.\n');
    await file(
      'texts/a.md',
      '---\nkey: v\n---\n# The *Title*\n\nSome [linked](http://x.y) **bold**\ntext.\n\n```\ncode\n```\n\n- item `one`\n',
    );
    await file(
      'texts/sub/c.html',
      '<html><head><title>Page &amp; more</title><style>x{}</style></head><body><h1>Head</h1><p>Some <a href="u">linked</a> text.</p><script>no()</script></body></html>',
    );
    await file('texts/d.txt', Buffer.from([0x66, 0xff, 0x66]));
    await file('texts/e.txt', '  \n');
    const records = await read({ folder: join(folder, 'texts') });
    expect(titles(records)).toEqual(['The Title', 'b file', 'rejected', 'rejected', 'Page & more']);
    expect(texts(records)).toEqual(['Some linked bold text. / item one', 'First line. / Second line.', '', '', 'Head / Some linked text.']);
    expect(records[2]).toMatchObject({ position: { file: 'd.txt' }, reason: 'the file is not valid UTF-8' });
    expect(records[4]).toMatchObject({ article: { sourceId: 'sub/c.html', pageId: 5 } });
  });

  test('Markdown: links over ends of lines, words with underscores, marks without an end', async () => {
    await file(
      'marks/a.md',
      '---\r\nkey: v\r\n---\r\nA [link\nin two](http://x.y) and _two\nlines_ of snake_case_words, **bold** ``a`b`` <!-- left out --> *open.',
    );
    await file('marks/b.md', `${'*a _b [c ![d `e <!-- '.repeat(4000)}\n\nThe end.`);
    const started = performance.now();
    const [first, second] = texts(await read({ folder: join(folder, 'marks') }));
    expect(first).toBe('A link in two and two lines of snake_case_words, bold a`b  *open.');
    expect(second).toMatch(/The end\.$/);
    // Each mark used to be searched to the end of its line: half a minute.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('a folder of data and texts is an error that names both; a README beside data is none', async () => {
    await file('mixed/a.jsonl', JSON.stringify({ title: 'J', text: 'Text.' }));
    await file('mixed/README.md', 'Not data.');
    expect(titles(await read({ folder: join(folder, 'mixed') }))).toEqual(['J']);
    await file('mixed/sub/b.txt', 'A text.');
    await expect(read({ folder: join(folder, 'mixed') })).rejects.toMatchObject({
      code: 'bad-source',
      message: expect.stringMatching(/holds both a\.jsonl and 1 text files such as sub\/b\.txt: give the one/),
    });
  });

  test('a folder without any text is an error', async () => {
    await file('none/a.png', 'x');
    await expect(read({ folder: join(folder, 'none') })).rejects.toMatchObject({ code: 'bad-source' });
  });
});

describe('bad pages of a dump', () => {
  const three = dumpXml(['A', 'B', 'C'].map((title) => ({ title, text: `text of ${title}` })));

  test('invalid UTF-8 rejects its page only', async () => {
    const bytes = Buffer.from(three);
    bytes[bytes.indexOf('text of B') + 3] = 0xff;
    const records = await read({ dump: await file('utf8.xml', bytes) });
    expect(titles(records)).toEqual(['A', 'rejected', 'C']);
    expect(records[1]).toMatchObject({ position: { page: 2 }, reason: 'the page is not valid UTF-8' });
  });

  test('entity declarations are never expanded', async () => {
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>';
    const inPage = await read({ dump: await file('bomb1.xml', three.replace('<title>B', `${bomb}<title>&b;`)) });
    expect(titles(inPage)).toEqual(['A', 'rejected', 'C']);
    expect(inPage[1]).toMatchObject({ reason: expect.stringContaining('document type') });
    const inHead = await read({ dump: await file('bomb2.xml', `${bomb}${three.replace('text of B', '&b;')}`) });
    const second = inHead[1]!;
    expect(second.type === 'article' && 'wikitext' in second.article.content ? second.article.content.wikitext : second.type).not.toContain(
      'aaaa',
    );
  });

  test('a gigantic page is skipped with bounded memory, and reported', async () => {
    const head = three.slice(0, three.indexOf('text of B'));
    const batches = [];
    const chunks = pieces(head, ...Array.from({ length: 200 }, () => 'x'.repeat(100)), three.slice(head.length));
    for await (const batch of pageBatches(chunks, 'x', { batchBytes: 50, maxPageBytes: 2000 })) batches.push(batch);
    expect(batches.map((batch) => [batch.oversized ?? false, batch.bytes.includes('<title>A'), batch.bytes.includes('<title>C')])).toEqual([
      [false, true, false],
      [true, false, false],
      [false, false, true],
    ]);
    expect(batches[1]!.bytes.length).toBeLessThan(3000);
  });

  test('several dumps are read one after the other; Wikimedia pages carry their licence', async () => {
    const wiki = three.replace('<siteinfo>', '<siteinfo><base>https://en.wikipedia.org/wiki/Main_Page</base>');
    const records = await read({ dump: [await file('one.xml', wiki), await file('two.xml.gz', gzipSync(three))] });
    expect(titles(records)).toEqual(['A', 'B', 'C', 'A', 'B', 'C']);
    expect(records.map((record) => (record.type === 'article' ? record.article.licence : ''))).toEqual([
      ...Array.from({ length: 3 }, () => 'CC BY-SA'),
      ...Array.from({ length: 3 }, () => undefined),
    ]);
  });

  test('zstd is read, frame after frame, in dumps and in JSON Lines; cut anywhere it is an error', async () => {
    expect(titles(await read({ dump: await file('two.xml.zst', zstdDump), jsonl: await file('two.jsonl.zst', zstdLines) }))).toEqual([
      '1984',
      'Zürich',
      'A',
      'B',
    ]);
    for (const size of [5, 40, zstdLines.length - 1]) {
      const cut = read({ jsonl: await file('cut.jsonl.zst', zstdLines.subarray(0, size)) });
      await expect(cut).rejects.toMatchObject({ code: 'bad-compression', message: expect.stringContaining('cut.jsonl.zst') });
    }
  });

  test('a dump can come from standard input, compressed or not', async () => {
    for (const bytes of [Buffer.from(three), gzipSync(three)]) {
      const records = await read({ dump: '-' }, { standardInput: pieces(bytes.subarray(0, 30), bytes.subarray(30)) });
      expect(titles(records)).toEqual(['A', 'B', 'C']);
      expect(records[1]).toMatchObject({ source: 'standard input', position: { page: 2 } });
    }
  });

  test('damaged gzip data is an error that names the file', async () => {
    const zipped = gzipSync(three);
    const path = await file('cut.xml.gz', zipped.subarray(0, zipped.length - 20));
    await expect(read({ dump: path })).rejects.toMatchObject({ code: 'bad-compression', message: expect.stringContaining('cut.xml.gz') });
  });
});
