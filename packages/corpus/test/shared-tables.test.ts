import { Worker } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { collectEntityTables, entityTablesFrom } from '../src/index.ts';
import type { EntityKind, Passage } from '../src/index.ts';
import { anchorTableFrom, packAnchors } from '../src/entities/anchor-table.ts';
import { ENTITY_KINDS } from '../src/entities/entity.ts';
import { canonicalTitle } from '../src/entities/page-title.ts';
import { findTerm, termTableBuilder, termText } from '../src/retrieval/term-table.ts';

const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('Paris', 'Paris (Texas)', 'Lutetia', '__proto__', '', '\ud800'));

describe('tables in shared memory', () => {
  test('a table of terms gives every text back, and finds no other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(texts), texts, (names, other) => {
        const builder = termTableBuilder();
        expect(names.map((name) => builder.add(name))).toEqual([...names.keys()]);
        for (const memory of [ArrayBuffer, SharedArrayBuffer]) {
          const table = builder.finish(memory);
          for (const [number, name] of names.entries()) expect([findTerm(table, name), termText(table, number)]).toEqual([number, name]);
          expect(findTerm(table, other)).toBe(names.indexOf(other));
        }
      }),
    );
    const long = 'x\u0100'.repeat(50_000);
    const builder = termTableBuilder();
    builder.add(long);
    expect(termText(builder.finish(), 0)).toBe(long);
  });

  test('anchors answer as the maps that they were packed from', () => {
    const kinds = fc.constantFrom<EntityKind>(...ENTITY_KINDS);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(texts, texts)),
        fc.array(fc.tuple(texts, kinds)),
        fc.array(fc.tuple(texts, texts)),
        texts,
        (redirects, kindPairs, surfaces, asked) => {
          const maps = { redirects: new Map(redirects), kinds: new Map(kindPairs), titleOfSurface: new Map(surfaces) };
          const table = anchorTableFrom(packAnchors(maps));
          for (const name of [asked, ...[...redirects, ...kindPairs, ...surfaces].flat()]) {
            const to = maps.redirects.get(canonicalTitle(name));
            expect(table.resolve(name)).toBe(to === undefined ? canonicalTitle(name) : canonicalTitle(to));
            expect(table.kindOf(name)).toBe(maps.kinds.get(name));
            expect(table.titleOf(name)).toBe(maps.titleOfSurface.get(name));
            expect(table.surfacesOf(name)).toEqual(
              [...maps.titleOfSurface].filter(([, title]) => title === name).map(([surface]) => surface),
            );
          }
        },
      ),
    );
  });

  const text = 'Then Ada Lovelace was born in Paris. There Mr Babbage, who said little, met the great Ada Lovelace.';
  const start = text.indexOf('Paris');
  const passage: Passage = { title: 'Ada', pageId: 1, revisionId: 1, text, links: [{ start, end: start + 5, target: 'Paris' }] };
  const data = collectEntityTables([passage], { redirects: [['Lutetia', 'Paris']], kinds: [['Paris', 'place']] });

  test('spellings, kinds voted for and anchors are those of the passages', () => {
    const { truecase, anchors, names } = entityTablesFrom(data);
    expect([truecase.capitalShare('Lovelace'), truecase.capitalShare('little'), truecase.capitalShare('absent')]).toEqual([1, 0, 0.5]);
    expect([truecase.isCommonWord('Great'), truecase.isCommonWord('Lovelace'), truecase.isCommonWord('absent')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([names.kindOf('Babbage'), names.kindOf('Nobody')]).toEqual(['person', undefined]);
    expect([anchors.titleOf('Lutetia'), anchors.kindOf('Paris'), anchors.surfacesOf('Paris')]).toEqual([
      'Paris',
      'place',
      ['Paris', 'Lutetia'],
    ]);
  });

  test('another thread gets the same memory, not a copy', async () => {
    const worker = new Worker(
      'const { workerData: d, parentPort: p } = require("node:worker_threads"); d.anchors.kinds.fill(7); p.postMessage(0);',
      {
        eval: true,
        workerData: data,
        execArgv: [],
      },
    );
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    expect([...data.anchors.kinds].every((kind) => kind === 7)).toBe(true);
    const arrays = Object.values(data).flatMap((table: object) =>
      Object.values(table).flatMap((value: object) => (ArrayBuffer.isView(value) ? [value] : Object.values(value))),
    );
    expect(arrays).toHaveLength(17);
    for (const { buffer } of arrays as { buffer: object }[])
      expect(Object.prototype.toString.call(buffer)).toBe('[object SharedArrayBuffer]');
  });
});
