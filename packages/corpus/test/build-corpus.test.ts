import { existsSync, statSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { buildCorpus, checkDocuments, documentText, remoteRelated, unescapePlaceholders, unmask } from '../src/index.ts';
import type { BuildCorpusOptions, BuildCorpusProgress, CorpusDocument, PassageStore, RelatedPassages } from '../src/index.ts';
import { dumpXml, temporaryFolder, tinyPages, writeDump } from './support/tiny-dump.ts';

const pages = tinyPages(24);
const tokenizer = { encode: (text: string): number[] => text.split(' ').map(() => 0) };
let folder: string;
let dump: string;
let options: BuildCorpusOptions;
beforeAll(async () => {
  folder = await temporaryFolder();
  dump = await writeDump(folder, [...pages, { title: 'A. Marlow', text: '', redirect: 'Alba Marlow' }]);
  options = { dump, out: join(folder, 'out'), documents: 12, related: 5, random: 10, seed: 7, tokenizer };
});

async function documents(out: string): Promise<CorpusDocument[]> {
  const lines = (await readFile(join(out, 'documents.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as CorpusDocument);
}

describe('buildCorpus', () => {
  test('writes documents that pass their check, a manifest and progress', async () => {
    const progress: BuildCorpusProgress[] = [];
    const result = await buildCorpus({
      ...options,
      onProgress: (now) => progress.push(now),
    });
    expect(await checkDocuments(options.out)).toEqual({ ok: true, documents: 12, problems: [], problemCount: 0 });
    expect((await readdir(options.out)).toSorted()).toEqual(['documents.jsonl', 'manifest.json', 'rejected.jsonl']);
    expect(JSON.parse(await readFile(result.files.manifest, 'utf8'))).toEqual(result.manifest);
    expect(result.manifest).toMatchObject({
      seed: 7,
      counts: { pages: 25, articles: 24, redirects: 1, rejected: 0, documents: 12 },
      options: { related: 5, random: 10, minPassages: 2 },
      files: { 'documents.jsonl': { lines: 12, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    });
    expect(Object.values(result.manifest.kinds).reduce((a, b) => a + b, 0)).toBe(12);
    expect(result.manifest.tokens.mean).toBeGreaterThan(1000);
    expect(result.samples).toHaveLength(3);
    expect([...new Set(progress.map((now) => now.stage))]).toEqual(['read', 'index', 'documents']);
    expect(progress.at(-1)).toMatchObject({ documents: 12, documentsTotal: 12, pages: 25 });
    const read = progress.findLast((now) => now.stage === 'read')!;
    expect(read.bytesRead).toBe(read.bytesTotal);
  });

  test('each document has a pivot, related and random passages of its own, and the answer in none of them', async () => {
    const all = await documents(options.out);
    const order = new Set<number>();
    for (const document of all) {
      const roles = document.passages.map((passage) => passage.role);
      expect(roles.filter((role) => role === 'related')).toHaveLength(5);
      expect(roles.filter((role) => role === 'random')).toHaveLength(10);
      order.add(roles.indexOf('pivot'));
      expect(new Set(document.passages.map((passage) => passage.text)).size).toBe(16);
      const text = documentText(document);
      expect(text.split('[MASK]').length - 1).toBe(document.occurrences);
      for (const answer of [document.answer, ...document.aliases])
        expect(text).not.toMatch(new RegExp(`(?<![\\p{L}\\p{N}.,])${answer}(?![\\p{L}\\p{N}])`, 'u'));
    }
    expect(order.size).toBeGreaterThan(3);
    expect(new Set(all.map((document) => `${document.pivot.passage}:${document.answer}`)).size).toBeGreaterThan(6);
  });

  test('the same seed gives the same bytes, another seed other documents', async () => {
    const again = { ...options, out: join(folder, 'again') };
    const other = { ...options, out: join(folder, 'other'), seed: 8 };
    await buildCorpus(again);
    await buildCorpus({ ...again, out: join(folder, 'third') });
    await buildCorpus(other);
    for (const name of ['documents.jsonl', 'manifest.json', 'rejected.jsonl']) {
      expect(await readFile(join(again.out, name))).toEqual(await readFile(join(folder, 'third', name)));
    }
    expect(await readFile(join(again.out, 'documents.jsonl'))).toEqual(await readFile(join(options.out, 'documents.jsonl')));
    expect(await readFile(join(again.out, 'documents.jsonl'))).not.toEqual(await readFile(join(other.out, 'documents.jsonl')));
  });

  test('bad records are listed while they are few', async () => {
    const many = Array.from({ length: 120 }, (_, i) => ({ title: `Stub ${i}`, text: 'x' }));
    const xml = dumpXml([...pages, ...many]).replace('<title>Stub 3</title>', '<title></title>');
    await writeFile(join(folder, 'some.xml'), xml);
    const out = join(folder, 'some');
    const { manifest } = await buildCorpus({ ...options, dump: join(folder, 'some.xml'), out, documents: 2 });
    expect(manifest.counts.rejected).toBe(1);
    const [line] = (await readFile(join(out, 'rejected.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(line!)).toEqual({
      source: 'some.xml',
      position: { page: 28, byte: expect.any(Number) },
      reason: 'the page has no <title>',
    });
  });

  test('records without titles become documents that pass their check', async () => {
    const jsonl = join(folder, 'untitled.jsonl');
    const plain = (text: string): string => text.replace(/<ref.*?<\/ref>|\[\[|\]\]|'''/g, '');
    await writeFile(jsonl, pages.map(({ text }) => `${JSON.stringify({ text: plain(text) })}\n`).join(''));
    const { dump: _, ...rest } = options;
    const out = join(folder, 'untitled');
    await buildCorpus({ ...rest, jsonl, out, documents: 3 });
    expect((await documents(out))[0]!.passages[0]!.title).toBe('');
    expect(await checkDocuments(out)).toMatchObject({ ok: true, documents: 3 });
  });

  test('placeholders of the source are escaped, and restored exactly', async () => {
    const jsonl = join(folder, 'placeholders.jsonl');
    const plain = (text: string): string =>
      text.replace(/<ref.*?<\/ref>|\[\[|\]\]|'''/g, '').replaceAll(' the ', ' the [MASK] of [\\TARGET] ');
    await writeFile(jsonl, pages.map(({ title, text }) => `${JSON.stringify({ title, text: plain(text) })}\n`).join(''));
    const { dump: _, ...rest } = options;
    const out = join(folder, 'placeholders');
    let sources: string[] = [];
    const retriever = (store: PassageStore): RelatedPassages => {
      sources = [...store].map(({ text }) => text);
      return { related: () => Promise.resolve([]) };
    };
    await buildCorpus({ ...rest, jsonl, out, documents: 3, retriever });
    expect(await checkDocuments(out)).toMatchObject({ ok: true, documents: 3 });
    const made = await documents(out);
    expect(documentText(made[0]!)).toContain('[\\MASK] of [\\\\TARGET]');
    for (const { passages, surfaces } of made)
      for (const { text } of unmask(passages, surfaces)) expect(sources).toContain(unescapePlaceholders(text));
  });

  describe('on failure no file is written', () => {
    /** What was read stays for the next run only where that can be of use. */
    async function fails(change: Partial<BuildCorpusOptions>, code: string, message: RegExp, { kept = false } = {}): Promise<string> {
      const out = join(folder, 'failed', code);
      await expect(buildCorpus({ ...options, out, ...change })).rejects.toMatchObject({
        name: 'CorpusError',
        code,
        message: expect.stringMatching(message),
      });
      expect(existsSync(join(folder, 'failed'))).toBe(kept);
      if (kept) expect(await readdir(out)).toEqual(['.build']);
      return out;
    }
    const keeping = { kept: true };
    afterEach(() => rm(join(folder, 'failed'), { recursive: true, force: true }));

    test('a truncated dump', async () => {
      const xml = await readFile(dump, 'utf8');
      await writeFile(join(folder, 'cut.xml'), xml.slice(0, xml.length / 2));
      await fails({ dump: join(folder, 'cut.xml') }, 'truncated', /cut\.xml ends inside a page/);
    });

    test('a corpus with too few passages says how many there are and are needed', async () => {
      const message =
        /has \d+ passages, 511 are needed .*--related or --random\. What was read stays in the \.build folder, and the next run/;
      await fails({ related: 500 }, 'corpus-too-small', message, keeping);
    });

    test('more documents than entities', async () => {
      await fails({ documents: 100_000, related: 0, random: 0, minPassages: 2 }, 'too-few-entities', /only 0 of 100000 documents/, keeping);
    });

    test('more than 1 % bad pages', async () => {
      await writeFile(join(folder, 'many.xml'), (await readFile(dump, 'utf8')).replaceAll('<id>3</id>', '<id>x</id>'));
      const message = /1 of 25 records are bad.*page 3 \(byte \d+\) of many\.xml/;
      await fails({ dump: join(folder, 'many.xml') }, 'too-many-rejected', message, keeping);
    });

    test('a retriever that cannot be reached, or a full disk: the next run does not read again', async () => {
      const part = (out: string): number => statSync(join(out, '.build', 'passages-00000')).mtimeMs;
      const retriever = (): RelatedPassages => remoteRelated({ url: 'http://127.0.0.1:1/retrieve' });
      const out = await fails({ retriever }, 'bad-retriever', /127\.0\.0\.1:1.*What was read stays/, keeping);
      const read = part(out);
      const full = (): never => {
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      };
      await expect(buildCorpus({ ...options, out, retriever: full })).rejects.toMatchObject({
        code: 'disk-full',
        message: expect.stringMatching(/make room there\. What was read stays/),
      });
      let again: number | undefined;
      await buildCorpus({ ...options, out, onProgress: ({ stage }) => void (stage === 'index' && (again ??= part(out))) });
      expect(again).toBe(read);
      expect(await readFile(join(out, 'documents.jsonl'))).toEqual(await readFile(join(options.out, 'documents.jsonl')));
      expect((await readdir(out)).toSorted()).toEqual(['documents.jsonl', 'manifest.json', 'rejected.jsonl']);
    });

    test('impossible numbers', async () => {
      await fails({ documents: 0 }, 'bad-options', /documents/);
      await fails({ related: -1 }, 'bad-options', /related/);
      await fails({ seed: 0.5 }, 'bad-options', /seed/);
      await fails({ minWords: 200 }, 'bad-options', /minWords/);
    });

    test('a tokenizer.json that cannot be read, or has nothing to be compared with, before anything is read', async () => {
      const { tokenizer: _, ...own } = options;
      const tokenizerFile = join(folder, 'tokenizer.json');
      const stages: string[] = [];
      for (const [text, code, message] of [
        ['{}', 'bad-options', /pass tokenizer too/],
        ['x', 'bad-tokenizer', /is not JSON/],
      ] as const) {
        await writeFile(tokenizerFile, text);
        const build = buildCorpus({ ...own, tokenizerFile, out: join(folder, 'failed'), onProgress: ({ stage }) => stages.push(stage) });
        await expect(build).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      }
      expect(stages).toEqual([]);
      expect(existsSync(join(folder, 'failed'))).toBe(false);
    });

    test('an abort in the middle keeps what it did for the next run, and an earlier build stays as it was', async () => {
      const out = join(folder, 'aborted');
      const controller = new AbortController();
      const onProgress = (now: BuildCorpusProgress): void => {
        if (now.documents === 5) controller.abort();
      };
      await expect(buildCorpus({ ...options, out, signal: controller.signal, onProgress })).rejects.toMatchObject({ code: 'aborted' });
      expect(await readdir(out)).toEqual(['.build']);
      const before = await readFile(join(options.out, 'documents.jsonl'));
      await expect(buildCorpus({ ...options, seed: 99, signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' });
      expect(await readFile(join(options.out, 'documents.jsonl'))).toEqual(before);
      expect((await readdir(options.out)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    });
  });
});

describe('checkDocuments', () => {
  async function tampered(change: (documents: CorpusDocument[]) => unknown[]): Promise<Awaited<ReturnType<typeof checkDocuments>>> {
    const out = await temporaryFolder();
    await mkdir(out, { recursive: true });
    for (const name of ['manifest.json', 'rejected.jsonl']) await writeFile(join(out, name), await readFile(join(options.out, name)));
    const lines = change(await documents(options.out)).map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    await writeFile(join(out, 'documents.jsonl'), `${lines.join('\n')}\n`);
    return checkDocuments(join(out, 'documents.jsonl'));
  }

  test('names file, line and field of every problem', async () => {
    const report = await tampered(([first, second, third, fourth, ...rest]) => [
      {
        ...first,
        passages: first!.passages.map((passage, i) =>
          i === 2 ? { ...passage, text: `${passage.text} So ${first!.answer} it is.` } : passage,
        ),
      },
      { ...second, occurrences: 99, answerType: 'thing' },
      { ...third, passages: third!.passages.map((passage) => ({ ...passage, role: 'random' })) },
      'no json',
      { ...fourth, id: first!.id, occurrences: fourth!.occurrences + 1 },
      ...rest,
    ]);
    expect(report.ok).toBe(false);
    const where = report.problems.map(({ file, line, field }) => `${file}:${line}:${field}`);
    expect(where).toEqual(
      expect.arrayContaining([
        'documents.jsonl:1:passages[2].text',
        'documents.jsonl:2:answerType',
        'documents.jsonl:3:passages',
        'documents.jsonl:4:',
        'documents.jsonl:5:id',
        'documents.jsonl:5:occurrences',
        'documents.jsonl:0:',
      ]),
    );
  });

  test('a changed byte, a missing line and a missing manifest are problems; a missing file is an error', async () => {
    const same = await tampered((all) => all);
    expect(same.ok).toBe(true);
    const missing = await tampered((all) => all.slice(1));
    expect(missing.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('has 11 documents, the manifest says 12'),
      expect.stringContaining('SHA-256'),
    ]);
    const out = await temporaryFolder();
    await appendFile(join(out, 'documents.jsonl'), '{}\n');
    const bare = await checkDocuments(out);
    expect(bare.problems[0]).toMatchObject({ file: 'manifest.json', line: 0 });
    expect(bare.problems.map((problem) => problem.field)).toEqual(expect.arrayContaining(['id', 'mask', 'answer', 'passages']));
    await expect(checkDocuments(join(out, 'absent.jsonl'))).rejects.toMatchObject({ code: 'no-file' });
  });
});
