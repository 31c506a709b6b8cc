import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bm25Related, buildIndex, cutPassages, hybridRelated, lanceRelated, passageStore, wikitextToProse } from '../src/index.ts';
import type { Passage } from '../src/index.ts';
import { temporaryFolder, tinyPages } from './support/tiny-dump.ts';

const packageFolder = process.env['MEMTRAIN_LANCEDB'] ?? '';
const hasLance = existsSync(join(packageFolder, 'node_modules/@lancedb/lancedb'));
const testWithLance = hasLance ? test : test.skip;

const passages: Passage[] = tinyPages(60).flatMap(({ title, text }, i) =>
  cutPassages({ title, pageId: i + 1, revisionId: i, paragraphs: wikitextToProse(text).paragraphs }),
);
const pivotOf = (number: number): { number: number; title: string; text: string } => ({ number, ...passages[number]! });

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

test('without the package the error says what to install', async () => {
  await expect(lanceRelated(join(folder, 'none'), passageStore(passages), { packageFolder: folder })).rejects.toMatchObject({
    code: 'not-supported',
    message: expect.stringContaining('npm install @lancedb/lancedb'),
  });
});

describe(`related passages from LanceDB${hasLance ? '' : ' (skipped: MEMTRAIN_LANCEDB names no folder whose node_modules has @lancedb/lancedb)'}`, () => {
  testWithLance(
    'by words: the pivot is not among them, and they are those of our own BM25',
    async () => {
      const lance = await lanceRelated(join(folder, 'words'), passageStore(passages), { packageFolder, batchSize: 50 });
      const own = bm25Related(buildIndex(passages));
      let same = 0;
      for (let number = 0; number < 20; number++) {
        const hits = await lance.related(pivotOf(number * 7), { count: 10 });
        expect(hits).toHaveLength(10);
        expect(hits.map(({ passage }) => passage)).not.toContain(number * 7);
        for (const [i, { score }] of hits.slice(1).entries()) expect(score).toBeLessThanOrEqual(hits[i]!.score);
        const expected = new Set((await own.related(pivotOf(number * 7), { count: 10 })).map(({ passage }) => passage));
        same += hits.filter(({ passage }) => expected.has(passage)).length;
      }
      expect(same / 200).toBeGreaterThan(0.9);
      expect(await lance.related(pivotOf(0), { count: 0 })).toEqual([]);
      expect(await lance.related({ number: 0, title: '', text: 'the of and' }, { count: 3 })).toEqual([]);
      const hybrid = await hybridRelated([own, lance]).related(pivotOf(3), { count: 5 });
      expect(hybrid).toHaveLength(5);
    },
    120_000,
  );

  testWithLance(
    'a table that holds these passages is opened, any other is built anew',
    async () => {
      const path = join(folder, 'again');
      const progress: number[] = [];
      const onProgress = (count: number): unknown => progress.push(count);
      const first = await lanceRelated(path, passageStore(passages), { packageFolder, onProgress });
      expect(progress).toEqual([passages.length]);
      const second = await lanceRelated(path, passageStore(passages), { packageFolder, onProgress });
      expect(progress).toHaveLength(1);
      expect(await second.related(pivotOf(5), { count: 5 })).toEqual(await first.related(pivotOf(5), { count: 5 }));
      const fewer = await lanceRelated(path, passageStore(passages.slice(0, 30)), { packageFolder, onProgress });
      expect(progress).toEqual([passages.length, 30]);
      for (const { passage } of await fewer.related(pivotOf(5), { count: 29 })) expect(passage).toBeLessThan(30);
      // A build that was cut off left no description.
      expect(JSON.parse(await readFile(join(path, 'memtrain.json'), 'utf8'))).toMatchObject({ passages: 30, ranks: 'bm25' });
      await writeFile(join(path, 'memtrain.json'), '{"passages"');
      await lanceRelated(path, passageStore(passages.slice(0, 30)), { packageFolder, onProgress });
      expect(progress).toEqual([passages.length, 30, 30]);
    },
    120_000,
  );

  testWithLance(
    'by vectors: those of the highest cosine',
    async () => {
      const letters = (text: string): Float32Array =>
        Float32Array.from({ length: 26 }, (_, i) => text.toLowerCase().split(String.fromCharCode(97 + i)).length - 1);
      const embeddings = { embed: (texts: readonly string[]) => Promise.resolve(texts.map(letters)) };
      const lance = await lanceRelated(join(folder, 'vectors'), passageStore(passages), { packageFolder, embeddings, batchSize: 32 });
      const cosine = (a: Float32Array, b: Float32Array): number =>
        a.reduce((sum, x, i) => sum + x * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
      const vectors = passages.map(({ title, text }) => letters(`${title}\n${text}`));
      for (const number of [0, 40, 91]) {
        const expected = vectors
          .map((vector, passage) => ({ passage, score: cosine(vector, vectors[number]!) }))
          .filter(({ passage }) => passage !== number)
          .toSorted((a, b) => b.score - a.score)
          .slice(0, 5);
        const hits = await lance.related(pivotOf(number), { count: 5 });
        expect(hits.map(({ passage }) => passage)).toEqual(expected.map(({ passage }) => passage));
        for (const [i, { score }] of hits.entries()) expect(score).toBeCloseTo(expected[i]!.score, 4);
      }
      const uneven = { embed: (texts: readonly string[]) => Promise.resolve(texts.map((text) => new Float32Array(1 + (text.length % 2)))) };
      await expect(
        lanceRelated(join(folder, 'uneven'), passageStore(passages), { packageFolder, embeddings: uneven }),
      ).rejects.toMatchObject({
        code: 'bad-retriever',
        message: expect.stringContaining('use one model'),
      });
    },
    120_000,
  );
});
