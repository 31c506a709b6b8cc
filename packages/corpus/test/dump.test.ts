import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readDump } from '../src/index.ts';
import type { DumpRecord } from '../src/index.ts';
import { firstStream, secondStream, singleStream } from './support/bz2-streams.ts';
import { dumpXml, temporaryFolder } from './support/tiny-dump.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

async function file(name: string, data: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, data);
  return path;
}

async function read(path: string): Promise<DumpRecord[]> {
  const records: DumpRecord[] = [];
  for await (const record of readDump(path)) records.push(record);
  return records;
}

function titles(records: readonly DumpRecord[]): string[] {
  return records.map((record) => (record.type === 'article' ? record.page.title : record.type));
}

describe('readDump', () => {
  test('reads plain XML, one bzip2 stream and several', async () => {
    const plain = await file(
      'plain.xml',
      dumpXml([
        { title: '1984', text: 'a' },
        { title: 'Zürich', text: 'b' },
      ]),
    );
    const single = await file('single.xml.bz2', singleStream);
    const multi = await file('multi.xml.bz2', Buffer.concat([firstStream, secondStream]));
    for (const path of [plain, single, multi]) expect(titles(await read(path))).toEqual(['1984', 'Zürich']);
  });

  test('keeps titles as text, white space and references of the wikitext, decoded once', async () => {
    const text = '  two  spaces &nbsp; &lt;ref&gt; &#x2BB; "q" <ref name="a">x</ref>\n';
    const [record] = await read(await file('text.xml', dumpXml([{ title: '007', text }])));
    expect(record).toMatchObject({ type: 'article', page: { title: '007', pageId: 1, revisionId: 10, namespace: 0, wikitext: text } });
  });

  test('classifies redirects, disambiguations and other namespaces, with positions', async () => {
    const xml = dumpXml([
      { title: 'A', text: '#REDIRECT [[B]]', redirect: 'B' },
      { title: 'B', text: '{{Begriffsklärungshinweis}} Text. {{disambiguation needed}}' },
      { title: 'C', text: '{{disambig}}' },
      { title: 'Talk:B', text: 'x', ns: 1 },
      { title: 'D', text: '' },
    ]);
    const records = await read(await file('kinds.xml', xml));
    expect(titles(records)).toEqual(['redirect', 'B', 'disambiguation', 'other-namespace', 'D']);
    expect(records[0]).toMatchObject({ title: 'A', target: 'B' });
    expect(records.map((record) => record.position.byte)).toEqual(
      [...xml.matchAll(/<page>/g)].map((match) => Buffer.byteLength(xml.slice(0, match.index))),
    );
  });

  test('a malformed page is a rejected record and the next page is read', async () => {
    const good = dumpXml([
      { title: 'A', text: 'a' },
      { title: 'B', text: 'b' },
      { title: 'C', text: 'c' },
    ]);
    expect(titles(await read(await file('m1.xml', good.replace('<title>B</title>', '<title>B</titel>'))))).toEqual(['A', 'rejected', 'C']);
    expect(titles(await read(await file('m2.xml', good.replace('<id>2</id>', '<id>two</id>'))))).toEqual(['A', 'rejected', 'C']);
    const unclosed = await read(await file('m3.xml', good.replace('</page>', '')));
    expect(titles(unclosed)).toEqual(['rejected', 'B', 'C']);
    expect(unclosed[0]).toMatchObject({ position: { page: 1 }, reason: expect.stringContaining('not closed') });
  });

  test('reads UTF-16 with a byte order mark', async () => {
    const path = await file('utf16.xml', Buffer.from(`\ufeff${dumpXml([{ title: 'Čech', text: 'ж' }])}`, 'utf16le'));
    expect(await read(path)).toMatchObject([{ page: { title: 'Čech', wikitext: 'ж' } }]);
  });

  test.each([
    ['an unclosed page at the end', '<mediawiki>\n<page><title>A</title>', 'truncated'],
    ['a missing end of the dump', dumpXml([{ title: 'A', text: 'a' }]).replace('</mediawiki>', ''), 'truncated'],
    ['another XML file', '<html><page></page></html>', 'not-a-dump'],
    ['plain text longer than the head', 'word '.repeat(20_000), 'not-a-dump'],
    ['an empty file', '', 'bad-source'],
    ['cut gzip data', Buffer.from([0x1f, 0x8b, 8, 0]), 'bad-compression'],
    ['cut zstd data', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4]), 'bad-compression'],
  ])('%s is an error', async (_, data, code) => {
    await expect(read(await file('bad.xml', data))).rejects.toMatchObject({
      name: 'CorpusError',
      code,
      message: expect.stringContaining('bad.xml'),
    });
  });

  test('a missing file and a folder are no-file', async () => {
    await expect(read(join(folder, 'absent.xml'))).rejects.toMatchObject({ code: 'no-file' });
    await expect(read(folder)).rejects.toMatchObject({ code: 'no-file' });
  });

  test('bzip2 data cut anywhere is an error, never a short result', async () => {
    const whole = Buffer.concat([firstStream, secondStream]);
    for (let length = 4; length < whole.length; length += 7) {
      const path = await file('cut.xml.bz2', whole.subarray(0, length));
      await expect(read(path)).rejects.toMatchObject({ name: 'CorpusError', code: expect.stringMatching(/^(?:bad-bz2|truncated)$/) });
    }
    // Cut exactly between two streams, bzip2 sees no fault: the dump's own end is missing.
    await expect(read(await file('between.xml.bz2', firstStream))).rejects.toMatchObject({ code: 'truncated' });
  });

  test('damaged bzip2 data is bad-bz2', async () => {
    for (const at of [0, 3, 12, 40, singleStream.length - 3]) {
      const damaged = Buffer.from(singleStream);
      damaged[at]! ^= 0x10;
      await expect(read(await file('damaged.xml.bz2', damaged))).rejects.toMatchObject({
        code: 'bad-bz2',
        message: expect.stringContaining('damaged.xml.bz2'),
      });
    }
    await expect(read(await file('renamed.xml.bz2', dumpXml([])))).rejects.toMatchObject({ code: 'bad-bz2' });
  });
});
