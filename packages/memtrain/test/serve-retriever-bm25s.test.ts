import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { buildIndex } from '@memtrain/corpus';
import { openBm25 } from '../src/commands/serve-retriever-bm25.ts';

const data = fileURLToPath(new URL('../../../../shared/data/hotpotqa-dev-200.jsonl', import.meta.url));
const reference = JSON.parse(readFileSync(new URL('./data/bm25s-reference.json', import.meta.url), 'utf8')) as {
  readonly passages: number;
  readonly queries: readonly { readonly passages: readonly number[]; readonly scores: readonly number[] }[];
};

// Skipped without the real questions: they are not part of the repository.
(existsSync(data) ? test : test.skip)(
  'the ten best passages and their scores are those of PyPI bm25s, for at least 95 % of 200 real questions',
  () => {
    const items = readFileSync(data, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { question: string; context: [string, string[]][] });
    const unique = new Map<string, { title: string; text: string }>();
    for (const [title, sentences] of items.flatMap(({ context }) => context)) {
      const text = sentences.join('');
      unique.set(`${title}\0${text}`, { title, text });
    }
    const { shards } = buildIndex(unique.values());
    const bm25 = openBm25(shards, { k1: 1.2, b: 0.75 });
    expect(unique.size).toBe(reference.passages);
    expect(items).toHaveLength(200);
    const same = items.filter(({ question }, q) => {
      const own = bm25.top(question, 10);
      const { passages, scores } = reference.queries[q]!;
      const tenth = scores[9]!;
      own.forEach(({ score }, rank) => expect(Math.abs(score - scores[rank]!)).toBeLessThan(2e-3));
      // Equal scores may stand in any order: what scores more than the tenth must be in, and nothing else that scores less.
      const found = new Set(own.map(({ passage }) => passage));
      const must = passages.filter((_, rank) => scores[rank]! > tenth + 1e-4);
      return own.length === 10 && must.every((passage) => found.has(passage));
    });
    expect(same.length).toBeGreaterThanOrEqual(190);
  },
);
