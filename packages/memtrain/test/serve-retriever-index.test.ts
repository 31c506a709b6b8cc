import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, jest, test } from '@jest/globals';
import { buildIndex, buildShard, randomFromSeed, related } from '@memtrain/corpus';
import fc from 'fast-check';
import { openBm25 } from '../src/commands/serve-retriever-bm25.ts';
import { buildRetrieverIndex, openRetrieverIndex } from '../src/commands/serve-retriever-index.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

// On a busy machine a process takes long to start.
jest.setTimeout(180_000);

const root = temporaryFolder();
let count = 0;
/** A corpus file of these lines, and a folder that is not there yet. */
function corpusOf(lines: readonly unknown[]): { corpus: string; folder: string } {
  const corpus = join(root, `corpus-${count++}.jsonl`);
  writeFileSync(corpus, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return { corpus, folder: `${corpus}.index` };
}
const random = randomFromSeed(1);
const sentence = (words: number): string => Array.from({ length: words }, () => `w${random.integer(200)}`).join(' ');
const rows = (size: number): object[] => Array.from({ length: size }, (_, i) => ({ id: i, contents: `"Title ${i}"\n${sentence(20)}` }));
const bytesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')]));

describe('an index on disk', () => {
  test('gives the rows back, of either form, with blank lines and without a last line feed', async () => {
    const { corpus, folder } = corpusOf([
      { id: 7, contents: '"Rome"\nRome is old.\nVery.' },
      '',
      { id: 'x', title: 'Änna', text: 'Born \u{1f600} in Rome' },
      { contents: 'untitled' },
      '  ',
      { text: 'alone', extra: 1 },
    ]);
    await buildRetrieverIndex(corpus, folder, { partRows: 3 });
    const index = openRetrieverIndex(folder);
    expect(Array.from({ length: index.size }, (_, i) => index.row(i))).toEqual([
      { id: '7', title: 'Rome', text: 'Rome is old.\nVery.' },
      { id: 'x', title: 'Änna', text: 'Born \u{1f600} in Rome' },
      { id: '2', title: '', text: 'untitled' },
      { id: '3', title: '', text: 'alone' },
    ]);
    const bm25 = openBm25(index.shards(), { k1: 1.2, b: 0.75 });
    expect(bm25.top('änna ROME the', 9).map(({ passage }) => passage)).toEqual([1, 0]);
    expect(bm25.top('the of', 9)).toEqual([]);
    index.close();
  });

  test('a build that is killed (SIGKILL) goes on to the same bytes', async () => {
    const { corpus, folder } = corpusOf(rows(1500));
    await buildRetrieverIndex(corpus, `${folder}-whole`, { partRows: 100 });
    const entry = fileURLToPath(new URL('./support/build-retriever-index.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@memtrain/source', entry, corpus, folder, '100'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const exit = once(child, 'close');
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await exit;
    expect(child.signalCode).toBe('SIGKILL');
    expect(() => openRetrieverIndex(folder)).toThrow(/is not finished \(\d+ passages of corpus-\d+\.jsonl\): give --corpus too/);
    const places: number[] = [];
    await buildRetrieverIndex(corpus, folder, { partRows: 100, onProgress: ({ rows: done }) => places.push(done) });
    // It begins with what the killed process finished.
    expect(places[0]).toBeGreaterThanOrEqual(100);
    expect(bytesOf(folder)).toEqual(bytesOf(`${folder}-whole`));
  });

  test('whatever file of an unfinished index a kill left missing or cut off, the build goes on to the same bytes', async () => {
    const { corpus, folder } = corpusOf(rows(90));
    await buildRetrieverIndex(corpus, folder, { partRows: 30 });
    const whole = bytesOf(folder);
    const head = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { passages?: number };
    delete head.passages;
    const parts = Object.keys(whole).filter((name) => name !== 'index.json');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...parts), fc.option(fc.double({ min: 0, max: 0.99, noNaN: true })), async (name, share) => {
        writeFileSync(join(folder, 'index.json'), JSON.stringify(head));
        if (share === null) rmSync(join(folder, name));
        else truncateSync(join(folder, name), Math.floor(share * Buffer.from(whole[name]!, 'base64').length));
        writeFileSync(join(folder, 'bm25-00003.bin.77.tmp'), 'left behind');
        await buildRetrieverIndex(corpus, folder, { partRows: 30 });
        expect(bytesOf(folder)).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });

  test('a complete index is not built again, and another corpus is not mixed into it', async () => {
    const { corpus, folder } = corpusOf(rows(10));
    await buildRetrieverIndex(corpus, folder);
    const places: unknown[] = [];
    await buildRetrieverIndex(corpus, folder, { onProgress: (place) => places.push(place) });
    expect(places).toEqual([]);
    const other = corpusOf(rows(11));
    await expect(buildRetrieverIndex(other.corpus, folder)).rejects.toMatchObject({ code: 'other-config' });
  });

  test('what cannot be built or opened is an error that says what to do', async () => {
    const bad = corpusOf([{ contents: 'a' }, '', '{"id": 3}']);
    await expect(buildRetrieverIndex(bad.corpus, bad.folder)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/corpus-\d+\.jsonl:3: it has no text; every line is/),
    });
    const broken = corpusOf(['{"contents": "a"']);
    await expect(buildRetrieverIndex(broken.corpus, broken.folder)).rejects.toThrow(/jsonl:1: not JSON/);
    const empty = corpusOf(['', ' ']);
    await expect(buildRetrieverIndex(empty.corpus, empty.folder)).rejects.toThrow('has no passages');
    await expect(buildRetrieverIndex(join(root, 'none.jsonl'), join(root, 'none'))).rejects.toMatchObject({ code: 'no-file' });
    expect(() => openRetrieverIndex(join(root, 'none'))).toThrow(/no index in .*: build it with --corpus/);
    const full = join(root, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'letter.txt'), 'dear');
    await expect(buildRetrieverIndex(bad.corpus, full)).rejects.toThrow('holds other things than an index');
    expect(readFileSync(join(full, 'letter.txt'), 'utf8')).toBe('dear');

    const { corpus, folder } = corpusOf(rows(30));
    await buildRetrieverIndex(corpus, folder, { partRows: 10 });
    writeFileSync(join(folder, 'bm25-00001.bin'), Buffer.alloc(readFileSync(join(folder, 'bm25-00001.bin')).length));
    expect(() => openRetrieverIndex(folder).shards()).toThrow(/bm25-00001\.bin is damaged/);
    truncateSync(join(folder, 'bm25-00001.bin'), 5);
    expect(() => openRetrieverIndex(folder)).toThrow('is damaged: part-00001.*');
  });
});

describe('BM25 that leaves out what cannot be among the best', () => {
  const word = fc.constantFrom('the', 'rome', 'anna', 'born', 'city', 'old', 'river', 'lake');
  const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
  const parts = fc.array(fc.array(fc.record({ title: text, text }), { minLength: 1, maxLength: 15 }), { minLength: 1, maxLength: 5 });

  test('finds the same passages as the whole computation, over any shards', () => {
    fc.assert(
      fc.property(parts, text, fc.integer({ min: 1, max: 8 }), (shards, query, k) => {
        const bm25 = openBm25(
          shards.map((passages) => buildShard(passages)),
          { k1: 1.2, b: 0.75 },
        );
        const own = bm25.top(query, k);
        const all = related(buildIndex(shards.flat()), query, { count: 1000 });
        // The corpus package's scores have a factor k1 + 1 that Lucene leaves out.
        const whole = all.map(({ passage, score }) => ({ passage, score: score / 2.2 }));
        expect(own.map(({ score }) => score.toFixed(4))).toEqual(whole.slice(0, k).map(({ score }) => score.toFixed(4)));
        expect(new Set(own.map(({ passage }) => passage)).size).toBe(own.length);
        for (const { passage, score } of own) expect(whole.find((other) => other.passage === passage)!.score).toBeCloseTo(score, 4);
        expect(bm25.top(query, k)).toEqual(own);
      }),
      { numRuns: 60 },
    );
  });
});
