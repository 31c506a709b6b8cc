import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  buildDocuments,
  checkDocument,
  collectEntityTables,
  cutPassages,
  entityTablesFrom,
  findLeaks,
  readDump,
  unmask,
  wikitextToProse,
} from '../src/index.ts';
import type { EntityKind, Passage } from '../src/index.ts';
import { pageKind } from '../src/entities/page-kind.ts';

const dump = join(import.meta.dirname, '../../../../shared/data/enwiki-sample.xml.bz2');
const hasData = existsSync(dump);
const reason = hasData ? '' : ' (skipped: the real dump is not beside the repository)';

describe(`documents of the real sample${reason}`, () => {
  (hasData ? test : test.skip)('none shows its answer, each is restored by unmasking, few answers are of unknown type', async () => {
    const passages: Passage[] = [];
    const redirects = new Map<string, string>();
    const kinds = new Map<string, EntityKind>();
    for await (const record of readDump(dump)) {
      if (record.type === 'redirect') redirects.set(record.title, record.target);
      if (record.type !== 'article') continue;
      const { title, pageId, revisionId, wikitext } = record.page;
      const kind = pageKind(wikitext);
      if (kind) kinds.set(title, kind);
      passages.push(...cutPassages({ title, pageId, revisionId, paragraphs: wikitextToProse(wikitext).paragraphs }));
    }
    const tables = entityTablesFrom(collectEntityTables(passages, { redirects, kinds }));
    const texts = new Set(passages.map(({ text }) => text));
    const types: EntityKind[] = [];
    for await (const document of buildDocuments(passages, { count: 25, seed: 1, tables })) {
      const { answer, aliases, answerType: kind } = document;
      const leaks = findLeaks(document.passages, { answer, aliases, kind, isCommonWord: tables.truecase.isCommonWord });
      expect(leaks.filter(({ form }) => form === 'word')).toEqual([]);
      expect(checkDocument(document)).toEqual([]);
      for (const { text } of unmask(document.passages, document.surfaces)) expect(texts.has(text)).toBe(true);
      types.push(kind);
    }
    // Most names get a type from links, cue words and the corpus.
    expect(types.filter((type) => type === 'other').length).toBeLessThanOrEqual(4);
    expect(new Set(types).size).toBeGreaterThan(4);
  });
});
