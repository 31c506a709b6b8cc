import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { collectEntityTables, entityTablesFrom, findEntities } from '../src/index.ts';
import type { EntityKind } from '../src/index.ts';
import { isNumericKind } from '../src/entities/entity.ts';
import { readWikigold } from './support/read-wikigold.ts';

const data = join(import.meta.dirname, '../../../../shared/data');
const hasData = existsSync(join(data, 'wikigold.conll.txt'));
const reason = hasData ? '' : ' (skipped: wikigold is not beside the repository)';

const passage = (text: string): Parameters<typeof findEntities>[0] => ({ title: '', pageId: 0, revisionId: 0, text, links: [] });

describe(`entities against wikigold${reason}`, () => {
  (hasData ? test : test.skip)('exact spans: precision at least 0.75, recall at least 0.83; persons and places are typed rightly', () => {
    const gold = readWikigold(join(data, 'wikigold.conll.txt'));
    const wiki = JSON.parse(readFileSync(join(data, '2wikimultihop-passages.json'), 'utf8')) as { text: string }[];
    const squad = JSON.parse(readFileSync(join(data, 'squad-1.1-dev.json'), 'utf8')) as { paragraphs: { context: string }[] }[];
    const texts = [
      ...wiki.map(({ text }) => text),
      ...squad.flatMap((article) => article.paragraphs.map(({ context }) => context)),
      ...gold.map(({ text }) => text),
    ];
    const tables = entityTablesFrom(collectEntityTables(texts.map(passage)));
    const typed = new Map<string, number>();
    let found = 0;
    let right = 0;
    for (const { text, entities } of gold) {
      for (const entity of findEntities(passage(text), { ...tables, wink: false })) {
        if (isNumericKind(entity.kind)) continue;
        found++;
        const match = entities.find(({ start, end }) => start === entity.start && end === entity.end);
        if (!match) continue;
        right++;
        const cell = `${entity.kind}/${match.type}`;
        typed.set(cell, (typed.get(cell) ?? 0) + 1);
      }
    }
    const all = gold.reduce((sum, { entities }) => sum + entities.length, 0);
    expect(all).toBe(3558);
    expect(right / found).toBeGreaterThanOrEqual(0.75);
    expect(right / all).toBeGreaterThanOrEqual(0.83);
    const precisionOf = (kind: EntityKind, type: string): number => {
      const total = [...typed].filter(([cell]) => cell.startsWith(`${kind}/`)).reduce((sum, [, count]) => sum + count, 0);
      return (typed.get(`${kind}/${type}`) ?? 0) / total;
    };
    expect(precisionOf('person', 'PER')).toBeGreaterThan(0.8);
    expect(precisionOf('place', 'LOC')).toBeGreaterThan(0.8);
    expect(precisionOf('organisation', 'ORG')).toBeGreaterThan(0.8);
    const other = [...typed].filter(([cell]) => cell.startsWith('other/')).reduce((sum, [, count]) => sum + count, 0);
    expect(other / right).toBeLessThan(0.3);
  });
});
