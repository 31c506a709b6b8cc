import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildCorpus, buildDocuments, checkDocuments, cutPassages, wikitextToProse } from '../src/index.ts';
import type { BuildCorpusOptions, CorpusDocument, Entity, EntityExtractor, Passage } from '../src/index.ts';
import { runBuild } from './support/run-build.ts';
import { temporaryFolder, tinyPages, writeDump } from './support/tiny-dump.ts';

const tinyNer = join(import.meta.dirname, 'data/tiny-ner');
const pages = tinyPages(24);
const passages: Passage[] = pages.flatMap(({ title, text }, i) =>
  cutPassages({ title, pageId: i + 1, revisionId: i, paragraphs: wikitextToProse(text).paragraphs }),
);
const PLACES = /\b(?:Kestrel Bay|Ormond|Pinehurst|Redwater)\b/g;

/** Only four places, and no pattern of ours would call them works. */
const places: EntityExtractor = {
  name: 'places',
  extract: ({ text }) =>
    Promise.resolve(
      [...text.matchAll(PLACES)].map(({ 0: name, index }): Entity => ({
        start: index,
        end: index + name.length,
        text: name,
        kind: 'work',
        source: 'import',
        aliases: [],
      })),
    ),
};

let folder: string;
let options: Omit<BuildCorpusOptions, 'out'>;
let entities: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  options = { dump: await writeDump(folder, pages), documents: 8, preset: 'tiny', seed: 3, shares: { work: 1 } };
  entities = join(folder, 'spacy.jsonl');
  const lines = passages.map(({ text }) =>
    JSON.stringify({
      text,
      ents: [...text.matchAll(PLACES)].map(({ 0: name, index }) => ({ start: index, end: index + name.length, label: 'LAW' })),
    }),
  );
  await writeFile(entities, `${lines.join('\n')}\n`);
});

async function documents(out: string): Promise<CorpusDocument[]> {
  return (await readFile(join(out, 'documents.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as CorpusDocument);
}

function expectOnlyPlaces(made: readonly CorpusDocument[]): void {
  for (const { answer, answerType, foundBy, chunks } of made) {
    expect([answer.replace(PLACES, ''), answerType, foundBy]).toEqual(['', 'work', 'import']);
    for (const { text, type } of chunks.flatMap((chunk) => chunk.entities)) expect([text.replace(PLACES, ''), type]).toEqual(['', 'work']);
  }
}

describe('the extractor of a build', () => {
  test('buildDocuments takes one: it finds the answers and the entities of the chunks', async () => {
    const made: CorpusDocument[] = [];
    for await (const document of buildDocuments(passages, { count: 8, seed: 1, preset: 'tiny', shares: { work: 1 }, entities: places }))
      made.push(document);
    expect(made).toHaveLength(8);
    expectOnlyPlaces(made);
    expect(made.some(({ chunks }) => chunks.some((chunk) => chunk.entities.length > 1))).toBe(true);
  });

  test('imported entities: the same bytes with one and with two workers, each opening the file; the manifest names it', async () => {
    const own: Omit<BuildCorpusOptions, 'out'> = { ...options, entities: { import: entities } };
    const { manifest } = await buildCorpus({ ...own, out: join(folder, 'import') });
    expect(manifest.entities).toEqual({ extractor: 'import', file: 'spacy.jsonl', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(manifest.foundBy).toEqual({ import: 8 });
    expectOnlyPlaces(await documents(join(folder, 'import')));
    expect(await checkDocuments(join(folder, 'import'))).toMatchObject({ ok: true, documents: 8 });
    const out = join(folder, 'import2');
    expect(await runBuild({ ...own, out, workers: 2 }, 0)).toBe(0);
    for (const name of ['documents.jsonl', 'manifest.json'])
      expect(await readFile(join(out, name))).toEqual(await readFile(join(folder, 'import', name)));
  }, 60_000);

  test('an extractor of the caller gets the tables of names', async () => {
    let known = false;
    const own = { ...options, out: join(folder, 'own'), documents: 2 };
    const { manifest } = await buildCorpus({
      ...own,
      workers: 2,
      entities: ({ truecase }) => {
        known = truecase.isCommonWord('house');
        return places;
      },
    });
    expect(known).toBe(true);
    expect(manifest.entities).toEqual({ extractor: 'places' });
    expectOnlyPlaces(await documents(own.out));
  });

  test('another file of entities starts a stopped build anew', async () => {
    const file = join(folder, 'changing.jsonl');
    await writeFile(file, await readFile(entities));
    const own: BuildCorpusOptions = { ...options, documents: 34, entities: { import: file }, out: join(folder, 'changed') };
    const controller = new AbortController();
    const onProgress = ({ documents: made }: { documents: number }): void => {
      if (made === 33) controller.abort();
    };
    await expect(buildCorpus({ ...own, signal: controller.signal, onProgress })).rejects.toMatchObject({ code: 'aborted' });
    await writeFile(file, (await readFile(entities, 'utf8')).replaceAll('"LAW"', '"EVENT"'));
    const { manifest } = await buildCorpus({ ...own, shares: { event: 1 } });
    expect(manifest.kinds).toEqual({ event: 34 });
  });

  test('a model is opened before anything is read: what is missing is said at once', async () => {
    const out = join(folder, 'none');
    const fails = (choice: BuildCorpusOptions['entities'], code: string): Promise<void> =>
      expect(buildCorpus({ ...options, dump: join(folder, 'absent.xml'), out, entities: choice! })).rejects.toMatchObject({ code });
    await fails({ import: join(folder, 'absent.jsonl') }, 'no-file');
    await fails({ onnx: folder }, 'no-file');
    // The tiny model opens; only then is the dump missed.
    await expect(buildCorpus({ ...options, dump: join(folder, 'absent.xml'), out, entities: { onnx: tinyNer } })).rejects.toThrow(
      'absent.xml',
    );
    await rm(out, { recursive: true, force: true });
  });

  test('a local ONNX model finds the entities of a build', async () => {
    const jsonl = join(folder, 'ada.jsonl');
    const filler = 'the old house near the harbour was sold again after some years of dispute in the council .'.split(' ');
    const text = (i: number): string =>
      Array.from(
        { length: 24 },
        (_, s) => `Then ${s % 8 === 0 && i % 3 === 0 ? 'Ada saw Paris and' : 'nobody saw'} ${filler.slice(s % 4).join(' ')}`,
      ).join(' ');
    await writeFile(jsonl, Array.from({ length: 30 }, (_, i) => `${JSON.stringify({ title: `T${i}`, text: text(i) })}\n`).join(''));
    const { manifest } = await buildCorpus({
      jsonl,
      out: join(folder, 'onnx'),
      documents: 2,
      preset: 'tiny',
      seed: 1,
      maxShare: 0.02,
      entities: { onnx: tinyNer },
    });
    expect(manifest.foundBy).toEqual({ model: 2 });
    expect(manifest.entities).toMatchObject({ extractor: 'onnx', file: 'tiny-ner' });
    for (const { answer } of await documents(join(folder, 'onnx'))) expect(['Ada', 'Paris']).toContain(answer);
  });
});
