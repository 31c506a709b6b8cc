import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildDocuments,
  buildIndex,
  checkDocument,
  checkDocuments,
  collectEntityTables,
  documentChunks,
  documentJsonSchema,
  documentPresets,
  documentSettings,
  documentText,
  dropDocuments,
  entityTablesFrom,
  findLeaks,
  makeDocument,
  passageStore,
  probeLeaks,
  tokenCounterOf,
  unmask,
} from '../src/index.ts';
import type { BuildDocumentsOptions, CorpusDocument, DocumentOptions, EntityExtractor, MadeDocument, Passage } from '../src/index.ts';
import { escapePassage } from '../src/documents/escape-passage.ts';
import { temporaryFolder, tinyPages } from './support/tiny-dump.ts';
import { wikitextToProse } from '../src/wikitext/wikitext-to-prose.ts';
import { cutPassages } from '../src/passages/cut-passages.ts';

const passages: Passage[] = tinyPages(24).flatMap(({ title, text }, i) =>
  cutPassages({ title, pageId: i + 1, revisionId: i, paragraphs: wikitextToProse(text).paragraphs }),
);
const words = tokenCounterOf({ encode: (text: string) => Array.from(text.match(/\S+|\s{2,}/g) ?? [], () => 0) });

const tables = entityTablesFrom(collectEntityTables(passages));
const index = buildIndex(passages);

async function build(options: Partial<BuildDocumentsOptions> = {}): Promise<CorpusDocument[]> {
  const documents: CorpusDocument[] = [];
  const all = { count: 12, seed: 7, preset: 'tiny', tokens: words, tables, index, ...options } as const;
  for await (const document of buildDocuments(passages, all)) documents.push(document);
  return documents;
}

describe('buildDocuments', () => {
  let documents: CorpusDocument[];
  beforeAll(async () => {
    documents = await build();
  });

  test('documents pass their check, hold no answer, and can be unmasked', () => {
    expect(documents).toHaveLength(12);
    const originals = new Map(passages.map((passage) => [passage.text, passage]));
    for (const document of documents) {
      expect(checkDocument(document, { related: 5, random: 10 })).toEqual([]);
      const { answer, aliases, answerType: kind } = document;
      expect(
        findLeaks(document.passages, { answer, aliases, kind, isCommonWord: () => false }).filter(({ form }) => form === 'word'),
      ).toEqual([]);
      const restored = unmask(document.passages, document.surfaces);
      for (const { text, title } of restored) expect(originals.get(text)?.title).toBe(title);
      const pivot = restored.find(({ role }) => role === 'pivot')!;
      expect(pivot.text.slice(document.pivot.start, document.pivot.end)).toBe(answer);
      expect(document.pivot.passage).toBe(pivot.id);
    }
  });

  test('chunks join to the text, keep to their size, and list entities that stand in them', () => {
    for (const document of documents) {
      const chunks = documentChunks(document);
      expect(chunks.join('')).toBe(documentText(document));
      expect(document.tokens).toEqual({
        total: document.chunks.reduce((sum, { tokens }) => sum + tokens, 0),
        exact: true,
        counter: 'tokenizer',
      });
      document.chunks.forEach(({ tokens, entities }, i) => {
        expect(tokens).toBeLessThanOrEqual(512);
        // What is left over for the last chunk can be a few words.
        expect(entities.length).toBeGreaterThan(i < chunks.length - 1 ? 3 : -1);
        expect(entities.length).toBeLessThanOrEqual(24);
        expect(new Set(entities.map(({ text }) => text)).size).toBe(entities.length);
        for (const { text } of entities) {
          expect(chunks[i]).toContain(text);
          expect([document.answer, ...document.aliases]).not.toContain(text);
        }
      });
    }
  });

  test('random passages go to fit, evidence stays; what cannot fit is no document', async () => {
    const redrawn = new Map<string, number>();
    const onRedraw = (reason: string): unknown => redrawn.set(reason, (redrawn.get(reason) ?? 0) + 1);
    const small = await build({ maxTokens: 1600, maxChunks: 8, count: 6, onRedraw });
    for (const document of small) {
      expect(document.tokens.total).toBeLessThanOrEqual(1600);
      expect(document.passages.length).toBeLessThan(16);
      expect(document.passages.filter(({ role }) => role === 'related')).toHaveLength(5);
      expect(checkDocument(document)).toEqual([]);
    }
    await expect(build({ maxTokens: 300, onRedraw })).rejects.toMatchObject({ code: 'too-few-entities' });
    await expect(build({ minTokens: 4000, onRedraw })).rejects.toThrow(/minTokens/);
    expect([...redrawn.keys()]).toEqual(expect.arrayContaining(['too-long', 'too-short']));
  });

  test('a name whose words are common ones only in a passage that had to go is no document', async () => {
    const texts = [
      'The House of Lords met, as a house of lords does.',
      'The House of Lords rose.',
      `Many lords in a house. ${'More of it follows. '.repeat(20)}`,
    ];
    const store = passageStore(texts.map((text, pageId) => ({ title: `T${pageId}`, pageId, revisionId: 1, text, links: [] })));
    const entity = { start: 4, end: 18, text: 'House of Lords', kind: 'organisation', source: 'link', aliases: [] } as const;
    const entities: EntityExtractor = { name: 'one', extract: async ({ text }) => (text === texts[0] ? [entity] : []) };
    const common = { ...tables, truecase: { ...tables.truecase, isCommonWord: () => true } };
    const sources = { passages: store, tables: common, tokens: words, source: 'test', entities };
    const make = (maxTokens: number): Promise<MadeDocument> =>
      makeDocument(
        sources,
        { pivot: 0, related: [1], seed: 1 },
        documentSettings({ related: 1, random: 1, maxTokens, chunkTokens: 512, maxChunks: 1 }),
      );
    const whole = await make(200);
    expect([whole.redrawn, whole.document?.passages.length, checkDocument(whole.document)]).toEqual([{}, 3, []]);
    const { document, redrawn } = await make(40);
    expect([redrawn, document]).toEqual([{ leak: 1 }, undefined]);
  });

  test('the same seed gives the same documents', async () => {
    expect(await build()).toEqual(documents);
    expect(await build({ seed: 8 })).not.toEqual(documents);
  });

  test('shares decide the types, title words can be left out, a frequency band too', async () => {
    const only = async (options: Partial<BuildDocumentsOptions>): Promise<string[]> =>
      (await build({ count: 5, ...options })).map(({ answerType }) => answerType);
    expect(new Set(await only({ shares: { date: 1 } }))).toEqual(new Set(['date']));
    expect(new Set(await only({ shares: { place: 1, date: 0 } }))).toEqual(new Set(['place']));
    for (const { passages: own, surfaces, answer } of await build({ shares: { person: 1 }, noTitleWords: true, count: 4 })) {
      const [pivot] = unmask(own, surfaces).filter(({ role }) => role === 'pivot');
      expect(pivot!.title.split(' ').some((word) => answer.split(' ').includes(word))).toBe(false);
    }
    await expect(build({ frequencyBand: { max: 1 } })).rejects.toThrow(/too|only/);
    expect(await build({ frequencyBand: { min: 2 }, count: 3 })).toHaveLength(3);
  });

  test('placeholders of the source are escaped, links move along', () => {
    const passage = {
      title: 'T [MASK]',
      pageId: 1,
      revisionId: 1,
      text: 'A [MASK] and [TARGET] by Ada.',
      links: [{ start: 26, end: 29, target: 'Ada' }],
    };
    const escaped = escapePassage({ ...passage, links: [{ start: 25, end: 28, target: 'Ada' }] });
    expect(escaped.text).toBe('A [\\MASK] and [\\TARGET] by Ada.');
    expect(escaped.text.slice(escaped.links[0]!.start, escaped.links[0]!.end)).toBe('Ada');
    expect(escaped.title).toBe('T [\\MASK]');
  });
});

describe('documentSettings', () => {
  test('presets give the numbers, options win, another size has no least tokens', () => {
    expect(documentSettings()).toMatchObject({
      preset: 'memtrain',
      related: 29,
      random: 120,
      minTokens: 24_000,
      maxTokens: 40_000,
      chunkTokens: 5120,
      maxChunks: 8,
    });
    expect(documentSettings({ preset: 'tiny' })).toMatchObject(documentPresets.tiny);
    expect(documentSettings({ random: 10 })).toMatchObject({ related: 29, random: 10, minTokens: 0 });
    expect(documentSettings({ random: 10, minTokens: 5 }).minTokens).toBe(5);
  });

  test.each<[DocumentOptions, RegExp]>([
    [{ related: -1 }, /related must be a whole number of at least 0, got -1/],
    [{ chunkTokens: 7.5, maxChunks: 0 }, /chunkTokens must be .* got 7.5; maxChunks must be/],
    [{ maxShare: 2 }, /maxShare must be a number from 0 to 1, got 2/],
    [{ preset: 'huge' as never }, /preset must be memtrain or tiny, got "huge"/],
    [{ softLeaks: 'maybe' as never }, /softLeaks must be reject or keep/],
    [{ shares: {} }, /shares must hold at least one type above 0/],
    [{ shares: { person: -1 } }, /shares must not be negative/],
    [{ chunkTokens: 1024 }, /minTokens 24000 is more than a document can hold \(8 chunks of 1024.*lower minTokens/],
    [{ minOccurrences: 50 }, /minOccurrences 50 is above maxOccurrences 40/],
  ])('%j is refused with advice', (options, message) => {
    expect(() => documentSettings(options)).toThrow(
      expect.objectContaining({ code: 'bad-options', message: expect.stringMatching(message) }),
    );
  });
});

describe('revisions', () => {
  let revised: CorpusDocument[];
  beforeAll(async () => {
    revised = (await build({ revisions: 1, count: 8 })).filter(({ task }) => task === 'revision');
  });

  test('the latest value is the answer, given by the last correction alone', () => {
    expect(revised.length).toBeGreaterThan(3);
    for (const document of revised) {
      expect(checkDocument(document)).toEqual([]);
      const corrections = document.passages.filter(({ role }) => role === 'revision');
      expect(corrections).toHaveLength(document.superseded!.length);
      for (const { text } of corrections) expect(text).toMatch(/^Correction: /);
      expect(corrections.at(-1)!.text).toContain(document.answer);
      const statement = /"(.*)"$/s.exec(document.question)![1]!;
      expect(corrections.at(-1)!.text).toBe(`Correction: ${statement.replace('[MASK]', () => document.answer)}`);
      const pivot = document.passages.find(({ role }) => role === 'pivot')!;
      expect(pivot.text).toContain(statement.replace('[MASK]', () => document.superseded![0]!));
      expect(document.passages.indexOf(pivot)).toBeLessThan(document.passages.indexOf(corrections[0]!));
      expect(document.superseded).not.toContain(document.answer);
    }
  });

  test('a correction before its fact, or an answer elsewhere, is a problem', () => {
    const [document] = revised;
    const backwards = { ...document!, passages: document!.passages.toReversed(), chunks: [] };
    expect(checkDocument(backwards).map(({ message }) => message)).toContain('a correction must come after the pivot');
    const leaky = {
      ...document!,
      passages: document!.passages.map((own) => (own.role === 'pivot' ? { ...own, text: `${document!.answer}. ${own.text}` } : own)),
      chunks: [],
    };
    expect(checkDocument(leaky)[0]!.message).toMatch(/gives the answer before the last correction/);
  });
});

describe('the schema', () => {
  test('is the published JSON Schema', () => {
    const published: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../src/documents/document.schema.json'), 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(documentJsonSchema())));
  });

  test('names fields that are wrong, and chunks that do not join', async () => {
    const [document] = await build({ count: 1 });
    expect(checkDocument({ ...document, answerType: 'thing' })).toEqual([
      { field: 'answerType', message: expect.stringContaining('person, place') },
    ]);
    expect(checkDocument('x')).toEqual([{ field: '', message: 'must be an object' }]);
    expect(checkDocument({ ...document, chunks: document!.chunks.slice(1) }).map(({ field }) => field)).toContain('chunks[0]');
    expect(checkDocument({ ...document, chunks: document!.chunks.slice(0, -1) }).map(({ field }) => field)).toContain('chunks');
    const surfaces = document!.surfaces.slice(1);
    expect(checkDocument({ ...document, surfaces }).map(({ field }) => field)).toEqual(['surfaces']);
  });

  test('a file without a manifest is checked by itself', async () => {
    const path = join(await temporaryFolder(), 'some.jsonl');
    await writeFile(path, `${JSON.stringify((await build({ count: 1 }))[0])}\n`);
    expect(await checkDocuments(path)).toEqual({ ok: true, documents: 1, problems: [], problemCount: 0 });
    await writeFile(path, '');
    expect(await checkDocuments(path)).toMatchObject({ ok: false, documents: 0, problems: [{ line: 0, message: 'holds no document' }] });
  });
});

describe('probeLeaks', () => {
  let documents: CorpusDocument[];
  beforeAll(async () => {
    documents = await build({ count: 10 });
  });

  test('counts what is answered without reading, by type, and names it', async () => {
    const known = new Set(documents.slice(0, 3).map(({ answer }) => answer));
    const asked: string[] = [];
    let next = 0;
    const report = await probeLeaks(
      documents,
      (question, memory) => {
        asked.push(memory);
        const { answer } = documents[Math.floor(next++ / 2)]!;
        expect(question).toContain('[MASK]');
        return Promise.resolve(known.has(answer) && memory !== '' ? `I think it is \\boxed{the ${answer.toUpperCase()}.}` : 'no idea');
      },
      { concurrency: 1 },
    );
    const solved = documents.filter(({ answer }) => known.has(answer));
    expect(report).toMatchObject({
      documents: 10,
      questionOnly: 0,
      emptyMemory: solved.length,
      solved: solved.length,
      hitRate: solved.length / 10,
    });
    expect(report.solvedIds).toEqual(solved.map(({ id }) => id));
    expect(Object.values(report.byType).reduce((sum, { documents: own }) => sum + own, 0)).toBe(10);
    expect(new Set(asked)).toEqual(new Set(['', 'No previous memory']));
  });

  test('what a model knows already can be dropped; the other lines stay as they were', async () => {
    const path = join(await temporaryFolder(), 'documents.jsonl');
    const lines = documents.map((document) => `${JSON.stringify(document)}\n`);
    await writeFile(path, lines.join(''));
    const known = documents[3]!;
    const { solvedIds } = await probeLeaks(documents, () => Promise.resolve(`\\boxed{${known.answer}}`));
    expect(solvedIds).toContain(known.id);
    const expected = lines.filter((_, i) => !solvedIds.includes(documents[i]!.id));
    expect(await dropDocuments(path, { ids: solvedIds, out: path })).toEqual({ kept: expected.length, dropped: solvedIds.length });
    expect(readFileSync(path, 'utf8')).toBe(expected.join(''));
    expect(await checkDocuments(path)).toMatchObject({ ok: true, documents: expected.length });
    const out = join(await temporaryFolder(), 'rest.jsonl');
    await expect(dropDocuments(path, { ids: [known.id], out })).rejects.toMatchObject({ code: 'bad-source' });
    await writeFile(`${path}.bad`, '{}\n');
    await expect(dropDocuments(`${path}.bad`, { ids: [], out })).rejects.toMatchObject({ message: expect.stringContaining('line 1') });
    await expect(dropDocuments(`${path}.none`, { ids: [], out })).rejects.toMatchObject({ code: 'no-file' });
    expect(existsSync(out)).toBe(false);
  });

  test('an error of the model ends it; no documents are no hits', async () => {
    await expect(probeLeaks(documents, () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await probeLeaks([], () => Promise.resolve(''))).toMatchObject({ documents: 0, hitRate: 0 });
  });
});
