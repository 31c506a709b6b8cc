import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { scriptedModel } from '@memtrain/policy/test';
import { normalizeAnswer } from '@memtrain/rewards';
import {
  closedBookControl,
  evaluate,
  memoryAgent,
  openBenchmark,
  oracleControl,
  readSourceTexts,
  searchAgent,
  tokenCount,
  writeSyntheticRulerHqa,
} from '../src/index.ts';
import type { Benchmark, EvaluationResult, MetricName } from '../src/index.ts';
import { goldText, oracleModel } from './support/models.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const data = join(import.meta.dirname, '../../../../shared/data');
const folder = temporaryFolder();
const identity = { name: 'scripted' };
const mean = (result: EvaluationResult, name: MetricName): number => result.arms[0]!.total.metrics[name]!.mean;
// The texts are not part of this repository.
const onRealData = existsSync(data) ? describe : describe.skip;

/** Models that must not pass: what they say instead of the gold answer. */
const adversaries: readonly (readonly [string, (gold: string) => string])[] = [
  ['nothing', () => ''],
  ['an empty box', () => '\\boxed{}'],
  ['either of two', (gold) => `\\boxed{${gold} or ${gold.startsWith('x') ? 'y' : 'x'}}`],
  ['everything', (gold) => `\\boxed{Paris, London, 1999, yes, no, ${gold}, and all others}`],
];

/** Without the two of the first 400 whose only gold answer is "---" or ")": empty in normal form, so nothing matches it. */
async function questionsWithAnswer(opening: Promise<Benchmark>): Promise<Benchmark> {
  const benchmark = await opening;
  return { ...benchmark, items: benchmark.items.filter((item) => normalizeAnswer(goldText(item)) !== '') };
}

onRealData(`real questions (skipped without ${data})`, () => {
  const sets: readonly (readonly [string, () => Promise<Benchmark>, number])[] = [
    ['HotpotQA with its paragraphs', () => openBenchmark('hotpotqa-distractor', { files: [join(data, 'hotpotqa-dev-200.jsonl')] }), 200],
    ['Bamboogle', () => openBenchmark('bamboogle', { files: [join(data, 'bamboogle.json')] }), 125],
    ['Bamboogle, two at once', () => openBenchmark('bamboogle', { files: [join(data, 'bamboogle.json')], objectives: 2 }), 62],
    ['Natural Questions', () => questionsWithAnswer(openBenchmark('nq', { files: [join(data, 'nq-open-dev.jsonl')], count: 400 })), 398],
  ];

  test.each(sets)('%s: a model that knows the answers has 100 %%, one that hedges 0 %%', async (_name, open, questions) => {
    const benchmark = await open();
    expect(benchmark.items).toHaveLength(questions);
    const agent = memoryAgent({ chunkTokens: 1000, answerPlace: 'boxed' });
    const right = await evaluate(oracleModel(benchmark.items), benchmark, { agent, model: identity });
    expect(right.arms[0]!.failed).toEqual([]);
    for (const name of ['em', 'boxed-strict', 'sub-em', 'sub-em-two-way', 'f1'] as const)
      expect([name, mean(right, name)]).toEqual([name, 1]);
    const several = benchmark.items[0]!.gold.kind === 'each';
    for (const [, say] of adversaries) {
      const each = (gold: string): string =>
        several
          ? gold
              .split('; ')
              .map((part) => say(part).replace(/^\\boxed\{|\}$/g, ''))
              .join('; ')
          : '';
      const hedged = several ? (gold: string): string => `\\boxed{${each(gold)}}` : say;
      const wrong = await evaluate(oracleModel(benchmark.items, hedged), benchmark, { agent: closedBookControl(), model: identity });
      expect([mean(wrong, 'em'), mean(wrong, 'boxed-strict')]).toEqual([0, 0]);
    }
  });

  test('a search agent answers pairs of Bamboogle through its retriever', async () => {
    const benchmark = await openBenchmark('bamboogle', { files: [join(data, 'bamboogle.json')], objectives: 2 });
    const gold = new Map(benchmark.items.map((item) => [item.question, goldText(item)]));
    const model = scriptedModel((_request, prompt) => {
      const question = /Question: (.*)\n/.exec(prompt)![1]!;
      const found = /Doc 1(.*)/.exec(prompt)?.[1];
      return found === undefined ? `<state>-</state><search>${question}</search>` : `<state>-</state><answer>${found.trim()}</answer>`;
    });
    const agent = searchAgent({ retriever: (query) => [{ text: gold.get(query)! }] });
    const result = await evaluate(model, benchmark, { agent, model: identity, mode: 'continuous' });
    expect(mean(result, 'em')).toBe(1);
    // 62 pairs are 124 questions: the paper's Bamboogle scores are multiples of 1/124.
    expect(result.arms[0]!.total).toMatchObject({ questions: 62, calls: 124 });
  });

  test('long documents out of real passages: who reads them all finds every answer', async () => {
    const source = await readSourceTexts(['hotpotqa-dev-200.jsonl', '2wikimultihop-passages.json'].map((name) => join(data, name)));
    expect(source.passages.length).toBeGreaterThan(7000);
    const path = join(folder, 'long.json');
    await writeSyntheticRulerHqa(path, source, { tokens: 28_000, length: '28k', count: 6, seed: 1, countTokens: tokenCount() });
    const benchmark = await openBenchmark('ruler-hotpotqa', { files: [path] });
    const gold = new Map(source.questions.map(({ question, answers }) => [question, answers[0]!]));
    // It remembers that it has seen the answer, and names it only then.
    const model = scriptedModel((_request, prompt) => {
      const question = [...gold.keys()].find((known) => prompt.includes(known))!;
      const answer = gold.get(question)!;
      return prompt.replace(question, '').includes(answer) ? `\\boxed{${answer}}` : 'nothing';
    });
    const result = await evaluate(model, benchmark, {
      agent: memoryAgent(),
      controls: [oracleControl(), closedBookControl()],
      model: identity,
    });
    expect(result.arms.map(({ name, total }) => [name, total.questions])).toEqual([
      ['memory', 6],
      ['oracle', 6],
      ['closed-book', 6],
    ]);
    expect(result.arms[1]!.total.metrics.em!.mean).toBe(1);
    expect(result.arms[2]!.total.metrics.em!.mean).toBe(0);
    expect(result.arms[0]!.total.calls).toBeGreaterThanOrEqual(6 * 6);
  });
});
