import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openBenchmark, parseLength, readSourceTexts, rulerTasks, tokenCount, writeRuler, writeSyntheticRulerHqa } from '../src/index.ts';
import type { SourceTexts } from '../src/index.ts';
import { wholeText } from '../src/agents/middle-cut.ts';
import { writeFileSync } from 'node:fs';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const countTokens = tokenCount();
const passages = Array.from(
  { length: 60 },
  (_, index) => `Title ${index}\n${`Passage "${index}" tells of place ${index}. `.repeat(4 + (index % 5))}`,
);
const source: SourceTexts = {
  passages,
  questions: Array.from({ length: 20 }, (_, index) => ({
    question: `Where is place ${index}?`,
    answers: [`place ${index}`],
    evidence: [passages[index]!, passages[index + 20]!],
  })),
};

describe('synthetic RULER-HotpotQA', () => {
  test("has MemAgent's format, the wanted length, and every gold document once, where it says", async () => {
    const path = join(folder, 'a.json');
    const made = await writeSyntheticRulerHqa(path, source, { tokens: 2000, length: '2k', count: 10, seed: 1, countTokens });
    expect(made).toMatchObject({ questions: 10, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') });
    const rows = JSON.parse(readFileSync(path, 'utf8')) as {
      context: string;
      input: string;
      answers: string[];
      num_docs: number;
      evidence: number[];
    }[];
    expect(rows).toHaveLength(10);
    for (const { context, input, num_docs: documents, evidence } of rows) {
      expect(Math.abs(countTokens(context) - 2000)).toBeLessThan(300);
      expect(context.match(/(^|\n\n)Document \d+:\n/g)).toHaveLength(documents);
      const question = source.questions.find((one) => one.question === input)!;
      for (const text of question.evidence) expect(context.split(text)).toHaveLength(2);
      expect(evidence).toHaveLength(2);
    }
    const { items } = await openBenchmark('ruler-hotpotqa', { files: [path] });
    for (const item of items) {
      const question = source.questions.find((one) => one.question === item.question)!;
      expect([...(await item.evidence!())].sort()).toEqual([...question.evidence].sort());
      expect(item.group).toBe('2k');
      expect((await wholeText(await item.text!.open())).length).toBe(item.text!.characters);
    }
  });

  test('puts gold documents anywhere: every tenth of the document has its share', async () => {
    const path = join(folder, 'places.json');
    const many = {
      ...source,
      questions: Array.from({ length: 200 }, (_, index) => ({ ...source.questions[index % 20]!, question: `q${index}` })),
    };
    await writeSyntheticRulerHqa(path, many, { tokens: 2000, length: '2k', count: 200, seed: 2, countTokens });
    const rows = JSON.parse(readFileSync(path, 'utf8')) as { num_docs: number; evidence: number[] }[];
    const tenths = Array<number>(10).fill(0);
    for (const { num_docs: documents, evidence } of rows)
      for (const place of evidence) tenths[Math.floor(((place - 1) * 10) / documents)]!++;
    // 400 places over ten parts: 40 each, standard deviation 6.
    for (const count of tenths) expect(Math.abs(count - 40)).toBeLessThan(25);
  });

  test('same seed, same bytes; a length beyond the passages repeats them; nothing is left of a failed one', async () => {
    const made = async (name: string, seed: number, tokens = 5000): Promise<string> =>
      (await writeSyntheticRulerHqa(join(folder, name), source, { tokens, length: '5k', count: 3, seed, countTokens })).sha256;
    expect(await made('b.json', 4)).toBe(await made('c.json', 4));
    expect(await made('d.json', 5)).not.toBe(await made('b.json', 4));
    const bad = join(folder, 'bad.json');
    await expect(
      writeSyntheticRulerHqa(bad, { ...source, questions: [] }, { tokens: 500, length: 'x', seed: 1, countTokens }),
    ).rejects.toThrow('no question with evidence');
    const few = { questions: source.questions.slice(0, 1), passages: source.questions[0]!.evidence };
    await expect(writeSyntheticRulerHqa(bad, few, { tokens: 5000, length: 'x', seed: 1, countTokens })).rejects.toThrow(
      'no passage besides',
    );
    expect(existsSync(bad)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('the tasks of RULER', () => {
  const sentences = passages.flatMap((text) => text.split('\n')[1]!.split(/(?<=\.) /));
  const sources = { ...source, sentences };
  type Sample = { context: string; input: string; outputs: string[]; evidence?: string[] };
  const samplesOf = async (task: (typeof rulerTasks)[number], tokens: number, seed = 1): Promise<Sample[]> => {
    const path = join(folder, `eval_${task}_${tokens}.json`);
    await writeRuler(path, { task, tokens, count: 3, seed, countTokens, sources });
    const { items } = await openBenchmark('ruler', { files: [path] });
    expect(items.map(({ group }) => group)).toEqual(Array(3).fill(`${task} ${tokens}`));
    return JSON.parse(readFileSync(path, 'utf8')) as Sample[];
  };

  test.each(rulerTasks)('%s fills the length at several sizes, and its answers stand in the text', async (task) => {
    for (const tokens of [3000, 12_000]) {
      for (const { context, outputs, evidence = [] } of await samplesOf(task, tokens)) {
        expect(countTokens(context)).toBeGreaterThan(tokens * 0.85);
        // Samples differ a little in length from the one that was measured.
        expect(countTokens(context)).toBeLessThan(tokens * 1.1);
        for (const output of outputs) expect(context).toContain(output);
        for (const text of evidence) expect(context).toContain(text);
      }
    }
  });

  test("have RULER's parameters", async () => {
    const counts = async (task: (typeof rulerTasks)[number]): Promise<number> => (await samplesOf(task, 8000))[0]!.outputs.length;
    expect(await counts('niah_single_3')).toBe(1);
    expect(await counts('niah_multikey_1')).toBe(1);
    expect(await counts('niah_multivalue')).toBe(4);
    expect(await counts('niah_multiquery')).toBe(4);
    expect(await counts('vt')).toBe(5);
    expect(await counts('fwe')).toBe(3);
    const multikey = (await samplesOf('niah_multikey_1', 8000))[0]!.context;
    expect(multikey.match(/One of the special magic numbers/g)).toHaveLength(4);
    expect((await samplesOf('niah_single_3', 8000))[0]!.outputs[0]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  test('can be solved: chains by following them, words by counting them', async () => {
    for (const { context, input, outputs } of await samplesOf('vt', 6000)) {
      const found = new Set([/value (\d+)/.exec(input)![1]!]);
      for (const [, name, value] of context.matchAll(/VAR (\w+) = (?:VAR )?(\w+)/g)) if (found.has(value!)) found.add(name!);
      expect([...found].slice(1)).toEqual(outputs);
    }
    const top = (words: readonly string[], count: number): string[] => {
      const counts = new Map<string, number>();
      for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
      return [...counts]
        .sort((a, b) => b[1] - a[1])
        .slice(0, count)
        .map(([word]) => word)
        .sort();
    };
    for (const { context, outputs } of await samplesOf('cwe', 6000)) {
      expect(top(context.split(/\s*\d+\. /).filter(Boolean), 10)).toEqual([...outputs].sort());
    }
    for (const { context, outputs } of await samplesOf('fwe', 6000)) {
      expect(
        top(
          context.split(' ').filter((word) => word !== '...'),
          3,
        ),
      ).toEqual([...outputs].sort());
    }
  });

  test('say what they lack', async () => {
    const make = (task: (typeof rulerTasks)[number], tokens = 8000): Promise<unknown> =>
      writeRuler(join(folder, 'lack.json'), { task, tokens, seed: 1, countTokens });
    await expect(make('niah_single_2')).rejects.toThrow('give passages');
    await expect(make('qa_1')).rejects.toThrow('questions with evidence');
    await expect(make('cwe', 20)).rejects.toThrow('needs at least');
  });
});

test('lengths are written as in the papers', () => {
  expect(['7k', '896k', '1.75M', '4096'].map(parseLength)).toEqual([7000, 896_000, 1_750_000, 4096]);
  expect(parseLength('long')).toBeNaN();
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e9 }), (tokens) => parseLength(String(tokens)) === tokens));
});

test('sources come in several forms, and another one is named', async () => {
  const path = join(folder, 'source.json');
  const hotpot = {
    question: 'q',
    answer: 'a',
    context: [
      ['T', ['s']],
      ['U', ['n']],
    ],
    supporting_facts: [['T', 0]],
  };
  const rows = [
    hotpot,
    { ...hotpot, answer: 'yes' },
    {
      title: 'The_Art',
      paragraphs: [
        {
          context: 'c',
          qas: [
            { question: 'q2', answers: ['x', 'x', 'y'] },
            { question: 'none', answers: [] },
          ],
        },
      ],
    },
    { title: 'V', text: 'v' },
    { id: '1', contents: '"W"\nw' },
    { question: 'q3', answers: ['z'], evidence: ['E\ne'] },
  ];
  writeFileSync(path, JSON.stringify(rows));
  const texts = await readSourceTexts([path]);
  expect(texts.passages).toEqual(['T\ns', 'U\nn', 'The Art\nc', 'V\nv', '"W"\nw', 'E\ne']);
  expect(texts.questions).toEqual([
    { question: 'q', answers: ['a'], evidence: ['T\ns'] },
    { question: 'q2', answers: ['x', 'y'], evidence: ['The Art\nc'] },
    { question: 'q3', answers: ['z'], evidence: ['E\ne'] },
  ]);
  writeFileSync(path, '[{"other": 1}]');
  await expect(readSourceTexts([path])).rejects.toThrow('record 1');
});
