import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  bm25Related,
  buildCorpus,
  buildIndex,
  denseRelated,
  embeddingsEndpoint,
  hybridRelated,
  onnxEmbeddings,
  passageStore,
  related,
  remoteRelated,
} from '../src/index.ts';
import type { Passage } from '../src/index.ts';
import { randomFromSeed } from '../src/random.ts';
import { passageIndexOf } from '../src/retrieval/build-index.ts';
import { buildShard } from '../src/retrieval/index-shard.ts';
import { loadShard, shardBytes, shardOf } from '../src/retrieval/shard-file.ts';
import { findTerm, termTableBuilder } from '../src/retrieval/term-table.ts';
import { wordPiece } from '../src/tokens/word-piece.ts';
import { temporaryFolder, tinyPages, writeDump } from './support/tiny-dump.ts';

const texts = [
  'The blue whale eats krill.',
  'Whales feed on small crustaceans.',
  'Parliament passed the budget.',
  'Rye bread with salt.',
  'Krill whale.',
];
const passages = texts.map((text, pageId): Passage => ({ title: '', pageId, revisionId: 0, text, links: [] }));
const pivot = { number: 0, title: '', text: texts[0]! };

/** Letters counted: a stand-in for an embedding. */
const letters = (text: string): number[] =>
  Array.from({ length: 26 }, (_, i) => text.toLowerCase().split(String.fromCharCode(97 + i)).length - 1);

let server: Server;
let address: string;
let failures = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const answer = (status: number, value: unknown): void =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      const json = JSON.parse(body) as { input?: string[]; model?: string; topk?: number };
      if (failures-- > 0) answer(503, { error: 'busy' });
      else if (request.url === '/v1/embeddings' && request.headers.authorization === 'Bearer key') {
        answer(200, { data: json.input!.map((text, index) => ({ index, embedding: letters(text) })).toReversed() });
      } else if (request.url === '/retrieve') {
        answer(200, {
          result: [
            [0, 4, 1, 4, 'x'].slice(0, json.topk! + 1).map((id, i) => ({ document: { id: String(id), contents: '' }, score: 9 - i })),
          ],
        });
      } else answer(404, { error: 'no such path' });
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((done) => server.close(done)));

describe('index files', () => {
  test('a shard that was written and loaded answers as before; a cut one is refused', async () => {
    const folder = await temporaryFolder();
    const shard = buildShard(passages);
    const bytes = Buffer.concat(shardBytes(shard));
    await writeFile(join(folder, 'shard'), bytes);
    const loaded = passageIndexOf([shardOf(loadShard(join(folder, 'shard')))]);
    expect(related(loaded, 'blue whale krill', { count: 5 })).toEqual(related(buildIndex(passages), 'blue whale krill', { count: 5 }));
    for (const damaged of [bytes.subarray(0, bytes.length - 8), Buffer.alloc(0), Buffer.from('no index'.repeat(20))]) {
      await writeFile(join(folder, 'damaged'), damaged);
      expect(() => loadShard(join(folder, 'damaged'))).toThrow(expect.objectContaining({ code: 'bad-source' }));
    }
  });

  test('several shards rank as one', () => {
    const word = fc.constantFrom('a1', 'b2', 'c3', 'd4', 'e5', 'ñ6', '𝒳7');
    const lists = fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(lists, fc.array(word, { minLength: 1, maxLength: 4 }), fc.nat(), (own, query, cut) => {
        const all = own.map((list) => ({ title: '', text: list.join(' ') }));
        const at = cut % all.length;
        const split = passageIndexOf([buildShard(all.slice(0, at)), buildShard(all.slice(at))]);
        expect(related(split, query.join(' '), { count: 9 })).toEqual(related(buildIndex(all), query.join(' '), { count: 9 }));
      }),
      { numRuns: 60 },
    );
  });

  test('leaving out what cannot get into the list changes nothing', () => {
    const random = randomFromSeed(9);
    // Words as in a text: the n-th is n times as rare as the first.
    const word = (): string => `w${Math.floor(1 / (random.float() + 0.0005))}`;
    const text = (): { title: string; text: string } => ({ title: '', text: Array.from({ length: 40 }, word).join(' ') });
    const all = Array.from({ length: 9000 }, text);
    const borders = [0, 4500, 5000, 9000];
    const index = passageIndexOf(borders.slice(1).map((to, i) => buildShard(all.slice(borders[i], to))));
    for (let number = 0; number < 4; number++) {
      const words = all[number * 1900]!.text.split(' ');
      // All words of a passage, and a few: rare ones are looked at alone.
      for (const query of [words, words.slice(0, 3), words.toSorted((a, b) => b.length - a.length).slice(0, 2)].map((own) =>
        own.join(' '),
      )) {
        const whole = related(index, query, { count: all.length });
        expect(related(index, query, { count: 10 })).toEqual(whole.slice(0, 10));
        const exclude = new Set([whole[0]!.passage, whole[4]!.passage]);
        expect(related(index, query, { count: 5, exclude })).toEqual(whole.filter(({ passage }) => !exclude.has(passage)).slice(0, 5));
      }
    }
  });

  test('the table of terms finds what was added, and only that', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 200 }), (words) => {
        const builder = termTableBuilder();
        words.forEach((word, i) => expect(builder.add(`x${word}y`, 1, 1 + word.length)).toBe(i));
        const table = builder.finish();
        words.forEach((word, i) => expect(findTerm(table, word, 0, word.length)).toBe(i));
        expect(findTerm(table, 'absent term', 0, 11)).toBe(-1);
      }),
      { numRuns: 50 },
    );
  });
});

describe('retrievers', () => {
  test('BM25 leaves out the pivot', async () => {
    expect((await bm25Related(buildIndex(passages)).related(pivot, { count: 9 })).map((hit) => hit.passage)).toEqual([4]);
  });

  test('dense: an embeddings endpoint is asked in batches, and again after a failure; the pivot is left out', async () => {
    const model = embeddingsEndpoint({ baseUrl: `${address}/v1/`, model: 'letters', apiKey: 'key', batchSize: 2 });
    failures = 1;
    const dense = await denseRelated(passageStore(passages), model, { batchSize: 3 });
    const cosine = (a: number[], b: number[]): number =>
      a.reduce((sum, x, i) => sum + x * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
    const expected = [1, 2, 3, 4].toSorted(
      (a, b) => cosine(letters(texts[0]!), letters(texts[b]!)) - cosine(letters(texts[0]!), letters(texts[a]!)),
    );
    expect((await dense.related(pivot, { count: 3 })).map((hit) => hit.passage)).toEqual(expected.slice(0, 3));
    const wrong = embeddingsEndpoint({ baseUrl: `${address}/v2`, model: 'letters' });
    await expect(wrong.embed(['a'])).rejects.toMatchObject({ code: 'bad-retriever', message: expect.stringContaining('404') });
  });

  test('remote: the /retrieve protocol, duplicates, foreign ids and the pivot left out', async () => {
    const remote = remoteRelated({ url: `${address}/retrieve` });
    expect(await remote.related(pivot, { count: 4 })).toEqual([
      { passage: 4, score: 8 },
      { passage: 1, score: 7 },
    ]);
    await expect(remoteRelated({ url: `${address}/v1/embeddings`, attempts: 1 }).related(pivot, { count: 1 })).rejects.toMatchObject({
      code: 'bad-retriever',
    });
    await expect(remoteRelated({ url: 'http://127.0.0.1:9/retrieve', attempts: 1 }).related(pivot, { count: 1 })).rejects.toMatchObject({
      code: 'bad-retriever',
    });
  });

  test('hybrid: reciprocal ranks decide, ties go by number', async () => {
    const list = (...numbers: number[]) => ({ related: () => Promise.resolve(numbers.map((passage) => ({ passage, score: 1 }))) });
    const hits = await hybridRelated([list(3, 2, 1), list(2, 3, 4)]).related(pivot, { count: 3 });
    expect(hits.map((hit) => hit.passage)).toEqual([2, 3, 1]);
    expect(hits[0]!.score).toBeCloseTo(1 / 61 + 1 / 62, 10);
  });

  test('a build takes its related passages from the retriever that it is given', async () => {
    const folder = await temporaryFolder();
    const dump = await writeDump(folder, tinyPages(12));
    const { manifest, files } = await buildCorpus({
      dump,
      out: join(folder, 'out'),
      documents: 2,
      seed: 1,
      related: 3,
      random: 2,
      retriever: (store) => ({
        related: ({ number }, { count }) =>
          Promise.resolve(Array.from({ length: count }, (_, i) => ({ passage: (number + i + 1) % store.size, score: 1 }))),
      }),
    });
    expect(manifest.counts.documents).toBe(2);
    expect(await readFile(files.documents, 'utf8')).toContain('"role":"related"');
  });
});

const folder = process.env['MEMTRAIN_MINILM'] ?? '';
const hasModel = existsSync(join(folder, 'tokenizer.json')) && existsSync(join(folder, 'model.onnx'));
const testOnModel = hasModel ? test : test.skip;

describe(`a local MiniLM${hasModel ? '' : ' (skipped: MEMTRAIN_MINILM names no folder with tokenizer.json and model.onnx)'}`, () => {
  testOnModel('gives the ids of PyPI tokenizers and the similarities of onnxruntime in Python', async () => {
    const pieces = wordPiece(JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')));
    expect(pieces.encode("Abraham Lincoln's café—visited in 1861, twice!", 64)).toEqual([
      101, 8181, 5367, 1005, 1055, 7668, 1517, 4716, 1999, 6863, 1010, 3807, 999, 102,
    ]);
    expect(pieces.encode('東京 is Tokyo; naïve “quotes” C++ $5 <b>', 64)).toEqual([
      101, 1879, 1755, 2003, 5522, 1025, 15743, 1523, 16614, 1524, 1039, 1009, 1009, 1002, 1019, 1026, 1038, 1028, 102,
    ]);
    const model = await onnxEmbeddings(folder);
    const [whale, crustaceans, budget] = await model.embed(texts.slice(0, 3));
    const cosine = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, x, i) => sum + x * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
    expect(cosine(whale!, crustaceans!)).toBeCloseTo(0.592, 1);
    expect(cosine(whale!, budget!)).toBeCloseTo(0.054, 1);
    const dense = await denseRelated(passageStore(passages), model);
    expect((await dense.related(pivot, { count: 2 })).map((hit) => hit.passage).toSorted((a, b) => a - b)).toEqual([1, 4]);
  });

  test('a folder without a model is an error', async () => {
    await expect(onnxEmbeddings(join(folder, 'absent'))).rejects.toMatchObject({ code: 'no-file' });
  });
});
