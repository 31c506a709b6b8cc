import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Model } from '@memtrain/policy';
import { scriptedModel, tinyTokenizer } from '@memtrain/policy/test';
import {
  closedBookControl,
  compareResults,
  comparisonTable,
  costTable,
  emptyMemoryControl,
  estimateCost,
  evaluate,
  memoryAgent,
  oneWindowAgent,
  oracleControl,
  resultTables,
  searchAgent,
  truncatedControl,
} from '../src/index.ts';
import type { EvaluateOptions, EvaluationResult } from '../src/index.ts';
import { goldText, oracleModel } from './support/models.ts';
import { smallBenchmark } from './support/items.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const identity = { name: 'scripted', revision: 'r1' };
const reading = { chunkTokens: 200, memoryTokens: 50, answerTokens: 50 };
const run = (model: Model, options: Partial<EvaluateOptions> = {}, count = 6): Promise<EvaluationResult> =>
  evaluate(model, smallBenchmark(count), { agent: memoryAgent(reading), model: identity, ...options });
const metric = (result: EvaluationResult, name: 'em' | 'boxed-strict' | 'sub-em' | 'f1', arm = 0): number | undefined =>
  result.arms[arm]!.total.metrics[name]?.mean;

describe('an evaluation', () => {
  test('of a model that knows every answer is 100 % by every metric, whoever asks', async () => {
    const benchmark = smallBenchmark(5);
    const controls = [oneWindowAgent(), closedBookControl(), emptyMemoryControl(reading), truncatedControl(), oracleControl()];
    const result = await evaluate(oracleModel(benchmark.items), benchmark, { agent: memoryAgent(reading), controls, model: identity });
    expect(result.arms.map(({ name }) => name)).toEqual(['memory', 'one-window', 'closed-book', 'empty-memory', 'truncated', 'oracle']);
    for (const { total } of result.arms) {
      expect(Object.values(total.metrics).map(({ mean, low, high }) => [mean, low, high])).toEqual(
        Array.from({ length: 6 }, () => [1, 1, 1]),
      );
    }
  });

  test.each([
    ['nothing', () => ''],
    ['an empty box', () => '\\boxed{}'],
    ['a box of punctuation', () => '\\boxed{.}'],
    ['one of two', (gold: string) => `\\boxed{${gold} or Person99}`],
    ['everything', () => `\\boxed{${Array.from({ length: 6 }, (_, i) => `Person${i}`).join(' ')}}`],
    ['the answer without a box', (gold: string) => gold],
    ['the answer in an unclosed box', (gold: string) => `\\boxed{${gold}`],
  ])('of a model that says %s is 0 % by the strict metrics', async (_name, say) => {
    const benchmark = smallBenchmark(6);
    const result = await evaluate(oracleModel(benchmark.items, say), benchmark, { agent: memoryAgent(reading), model: identity });
    expect(metric(result, 'em')).toBe(0);
    expect(metric(result, 'boxed-strict')).toBe(0);
  });

  test('shows each part of the text once, and the answer sees the memory alone', async () => {
    const benchmark = smallBenchmark(1);
    const model = oracleModel(benchmark.items);
    const result = await evaluate(model, benchmark, { agent: memoryAgent(reading), model: identity });
    const { calls, promptTokens, peakContext, exactTokens } = result.arms[0]!.total;
    expect(calls).toBe(model.calls());
    expect(calls).toBeGreaterThan(2);
    expect(exactTokens).toBe(false);
    expect(peakContext).toBeLessThan(promptTokens);
  });

  test('counts the tokens of conversations, chat template included', async () => {
    const tokenizer = tinyTokenizer();
    const model = scriptedModel((_request, prompt) => (prompt.includes('Updated memory') ? 'noted' : '\\boxed{Person0}'), { tokenizer });
    const result = await evaluate(model, smallBenchmark(1), { agent: oneWindowAgent({ answerTokens: 20 }), model: identity });
    const [request] = model.requests;
    const prompt = tokenizer.encodeChat!(request!.prompt as never).length;
    expect(result.arms[0]!.total).toMatchObject({
      calls: 1,
      promptTokens: prompt,
      completionTokens: 16,
      peakContext: prompt + 16,
      exactTokens: true,
    });
  });

  test('failed calls count as wrong, are listed, and are tried again by a resumed run', async () => {
    const file = join(folder, 'failing.jsonl');
    let broken = true;
    const benchmark = smallBenchmark(4);
    const oracle = oracleModel(benchmark.items);
    const model: Model = {
      async *complete(requests, sampling) {
        const text = (requests[0]!.prompt as readonly { content: string }[])[0]!.content;
        if (broken && text.includes('<2>')) yield { index: 0, error: new Error('overloaded') };
        else yield* oracle.complete(requests, sampling);
      },
    };
    const options = { agent: memoryAgent(reading), model: identity, file, mode: 'continuous' as const };
    const first = await evaluate(model, benchmark, options);
    expect(first.arms[0]!.failed).toEqual([{ item: 'q2', sample: 0, error: expect.stringContaining('overloaded') }]);
    expect(first.arms[0]!.total).toMatchObject({ questions: 4, failedAnswers: 1, failedCalls: 1 });
    expect(metric(first, 'em')).toBe(0.75);
    broken = false;
    const before = oracle.calls();
    const second = await evaluate(model, benchmark, options);
    expect(second.arms[0]).toMatchObject({ reused: 3, failed: [] });
    expect(metric(second, 'em')).toBe(1);
    expect(oracle.calls() - before).toBeLessThan(before / 2);
  });

  test('goes on after a stop at any place, with the result of a run in one go', async () => {
    const benchmark = smallBenchmark(5);
    const options = { agent: memoryAgent(reading), controls: [closedBookControl()], model: identity, samples: 2, seed: 3 };
    const whole = await evaluate(oracleModel(benchmark.items), benchmark, options);
    for (const stopAt of [1, 4, 11]) {
      const file = join(folder, `stopped-${stopAt}.jsonl`);
      const stop = new AbortController();
      const stopped = evaluate(oracleModel(benchmark.items), benchmark, {
        ...options,
        file,
        concurrency: 2,
        mode: 'continuous',
        signal: stop.signal,
        onProgress: (done) => done >= stopAt && stop.abort(new Error('stopped')),
      });
      await expect(stopped).rejects.toThrow('stopped');
      // A kill tears the last line.
      writeFileSync(file, `${readFileSync(file, 'utf8')}{"id":"memory/0/q`);
      const resumed = await evaluate(oracleModel(benchmark.items), benchmark, { ...options, file });
      expect(resumed.arms.reduce((sum, { reused }) => sum + reused, 0)).toBeGreaterThanOrEqual(stopAt);
      const plain = ({ arms }: EvaluationResult): unknown =>
        arms.map(({ reused: _reused, total, groups: _groups, ...rest }) => ({ ...rest, metrics: total.metrics, calls: total.calls }));
      expect(plain(resumed)).toEqual(plain(whole));
    }
  });

  test('takes no answer that was given otherwise', async () => {
    const file = join(folder, 'other.jsonl');
    const model = oracleModel(smallBenchmark(6).items);
    await run(model, { file });
    for (const other of [
      { temperature: 0 },
      { seed: 1 },
      { model: { name: 'another' } },
      { agent: memoryAgent({ ...reading, chunkTokens: 100 }) },
    ]) {
      await expect(run(model, { file, ...other })).rejects.toThrow(expect.objectContaining({ code: 'bad-file' }));
    }
    expect((await run(model, { file })).arms[0]!.reused).toBe(6);
  });

  test('has means over samples, by group, with intervals that a seed repeats', async () => {
    const benchmark = smallBenchmark(8);
    const model = scriptedModel((request) => (request.seed % 2 === 0 ? '\\boxed{no}' : 'no answer'));
    const options = { agent: oneWindowAgent(), model: identity, samples: 3, seed: 5 };
    const [first, second] = [await evaluate(model, benchmark, options), await evaluate(model, benchmark, options)];
    const { groups: firstGroups, ...rest } = first.arms[0]!;
    expect(firstGroups.map(({ group, questions, answers }) => [group, questions, answers])).toEqual([
      ['even', 4, 12],
      ['odd', 4, 12],
    ]);
    expect(rest.scores).toEqual(second.arms[0]!.scores);
    expect(rest.total.metrics).toEqual(second.arms[0]!.total.metrics);
  });

  test('passes temperature, top-p and limits on, and another seed to each sample and question', async () => {
    const seen: { seed: number; temperature: number | undefined; topP: number | undefined; maxTokens: number | undefined }[] = [];
    const model: Model = {
      async *complete(requests, sampling) {
        for (const [index, request] of requests.entries()) {
          seen.push({
            seed: request.seed,
            temperature: request.temperature,
            topP: request.topP ?? sampling.topP,
            maxTokens: request.maxTokens,
          });
          yield { index, text: '', finish: 'stop' };
        }
      },
    };
    await run(model, { agent: oneWindowAgent({ answerTokens: 77 }), samples: 2, temperature: 0.3, topP: 0.8 }, 3);
    expect(new Set(seen.map(({ seed }) => seed)).size).toBe(6);
    expect(seen.every(({ temperature, topP, maxTokens }) => temperature === 0.3 && topP === 0.8 && maxTokens === 77)).toBe(true);
  });

  test('of a search sees what the retriever finds, and ends of a search that fails', async () => {
    const benchmark = smallBenchmark(3, ({ text: _text, ...item }) => item);
    const model = scriptedModel((_request, prompt) =>
      prompt.includes('<information>\n[HINT]')
        ? `<state>known</state><answer>${/mayor is (\w+)/.exec(prompt)?.[1] ?? 'unknown'}</answer>`
        : '<state>start</state><search>mayor</search>',
    );
    const found = searchAgent({
      retriever: (_query, { topK }) => Array.from({ length: topK }, (_, i) => ({ title: `T${i}`, text: 'The mayor is Person1' })),
      corpus: 'towns',
      topK: 2,
    });
    const result = await evaluate(model, benchmark, { agent: found, model: identity });
    expect(result.arms[0]!.settings).toMatchObject({ topK: 2, turns: 6, corpus: 'towns', retriever: 'function' });
    expect(metric(result, 'em')).toBeCloseTo(1 / 3);
    expect(metric(result, 'boxed-strict')).toBeUndefined();
    expect(result.arms[0]!.total.calls).toBe(6);
    const down = searchAgent({
      retriever: () => {
        throw new Error('down');
      },
    });
    const failed = await evaluate(model, benchmark, { agent: down, model: identity });
    expect(failed.arms[0]!.failed).toHaveLength(3);
  });

  test('scores several questions by question, all at once, and as MEM1 does', async () => {
    const benchmark = smallBenchmark(4, (item, index) => ({ ...item, gold: { kind: 'each', answers: [[`Person${index}`], ['lake']] } }));
    const says = ['\\boxed{Person0; lake}', '\\boxed{Person1; sea}', '\\boxed{Person2}', '\\boxed{Person3; lake; more}'];
    const model = scriptedModel((_request, prompt) => says[Number(/<(\d)>/.exec(prompt)![1])]!);
    const { scores } = (await evaluate(model, benchmark, { agent: closedBookControl(), model: identity })).arms[0]!;
    expect(Object.values(scores).map((one) => [one.em, one['all-correct'], one.mem1])).toEqual([
      [1, 1, 2],
      [0.5, 0, 1],
      [0.5, 0, 0],
      [1, 1, 0],
    ]);
  });

  test('leaves out of a control the questions that bring nothing for it, and refuses two agents of one name', async () => {
    const benchmark = smallBenchmark(4, ({ evidence: _evidence, ...item }, index) =>
      index === 0 ? { ...item, evidence: () => ['x'] } : item,
    );
    const model = oracleModel(benchmark.items);
    const result = await evaluate(model, benchmark, { agent: memoryAgent(reading), controls: [oracleControl()], model: identity });
    expect(result.arms[1]).toMatchObject({ skipped: 3, total: { questions: 1 } });
    const twice = { agent: memoryAgent(reading), controls: [memoryAgent(reading)], model: identity };
    await expect(evaluate(model, benchmark, twice)).rejects.toThrow('evaluated twice');
    await expect(run(model, { samples: 0 })).rejects.toThrow(expect.objectContaining({ code: 'bad-options' }));
    await expect(run(model, { agent: memoryAgent({ ...reading, contextTokens: 10 }) })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-options' }),
    );
  });
});

describe('what is printed', () => {
  test('the cost beforehand: calls by length, as many as are made', async () => {
    const benchmark = smallBenchmark(6);
    const arms = [memoryAgent(reading), closedBookControl()];
    const rows = await estimateCost(benchmark, { arms, samples: 2, price: { prompt: 1, completion: 2 } });
    const model = oracleModel(benchmark.items);
    const result = await evaluate(model, benchmark, { agent: arms[0]!, controls: [arms[1]!], samples: 2, model: identity });
    const made = result.arms.flatMap(({ groups }) => groups.map(({ calls }) => calls));
    expect(rows.map(({ calls }) => calls)).toEqual(made);
    expect(costTable(rows).at(-1)).toMatch(/^\| sum .*\| 60 /);
    expect(rows[0]!.cost).toBeCloseTo((rows[0]!.promptTokens + 2 * rows[0]!.completionTokens) / 1e6);
  });

  test('of the eight lengths of RULER-HotpotQA: 47,232 calls', async () => {
    const lengths = [7, 14, 28, 56, 112, 224, 448, 896];
    const { items } = smallBenchmark(1);
    // Words of four characters, each 4/3 tokens: three characters a token.
    const many = lengths.flatMap((length) =>
      Array.from({ length: 128 }, (_, index) => ({
        ...items[0]!,
        id: `${length}/${index}`,
        group: `${length}k`,
        text: { characters: length * 3000, open: () => 'abc '.repeat(1000) },
      })),
    );
    const rows = await estimateCost({ ...smallBenchmark(1), items: many }, { arms: [memoryAgent()], samples: 1 });
    expect(rows.map(({ calls }) => calls / 128)).toEqual([3, 4, 7, 13, 24, 46, 91, 181]);
    expect(rows.reduce((sum, { calls }) => sum + calls, 0)).toBe(47_232);
  });

  test('all metrics side by side, and the published table beside ours', async () => {
    const benchmark = smallBenchmark(6, (item, index) => ({ ...item, group: ['7k', '14k', '28k', '56k', '112k', '224k'][index]! }));
    const named = { ...benchmark, name: 'ruler-hotpotqa', headline: 'boxed-strict' as const };
    const model = oracleModel(benchmark.items, (gold, prompt) => (prompt.includes('<3>') ? 'no' : `\\boxed{${gold}}`));
    const result = await evaluate(model, named, { agent: memoryAgent(reading), model: identity, price: { prompt: 1, completion: 1 } });
    const text = resultTables(result).join('\n');
    expect(text).toContain('scripted (r1); 1 sample, temperature 0.7, top-p 0.95, seed 0; verifier boxed-strict');
    expect(text).toMatch(/\| agent +\| group +\| questions \| boxed-strict +\| em +\| sub-em +\| sub-em-two-way +\| f1/);
    expect(text).toMatch(/\| memory \| 56k +\| 1 +\| 0\.0 \(0\.0-0\.0\)/);
    expect(text).toMatch(/Qwen3-4B \+ MemTrain \+ MemAgent +\| 79\.69 \| 73\.44 .* 70\.31/);
    expect(text).toMatch(/ours: memory \(boxed-strict\) +\| 100\.0 \| 100\.0 \| 100\.0 \| 0\.0 +\| 100\.0 \| 100\.0 \| - +\| - +\| - /);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test('paired tests between two results, and between two agents of one', async () => {
    const benchmark = smallBenchmark(40);
    const weak = oracleModel(benchmark.items, (gold) => (Number(gold.slice(6)) % 2 === 0 ? `\\boxed{${gold}}` : 'no'));
    const options = { agent: closedBookControl(), model: identity };
    const before = await evaluate(weak, benchmark, options);
    const after = await evaluate(oracleModel(benchmark.items), benchmark, options);
    const [strict] = compareResults(before, after);
    expect(strict).toMatchObject({ arm: 'closed-book', metric: 'boxed-strict', questions: 40, better: 20, worse: 0 });
    expect(strict!.difference.mean).toBe(0.5);
    expect(strict!.signP).toBeCloseTo(2 ** -19);
    expect(comparisonTable([strict!])[2]).toContain('50.0 (');
    const two = await evaluate(weak, benchmark, { ...options, controls: [oneWindowAgent()] });
    expect(compareResults(two, two, { arm: 'closed-book', against: 'one-window' })[0]).toMatchObject({
      better: 0,
      worse: 0,
      permutationP: 1,
      signP: 1,
    });
    expect(() => compareResults(before, { ...after, corpusHash: 'other' })).toThrow(expect.objectContaining({ code: 'other-run' }));
    expect(() => compareResults(before, after, { arm: 'memory' })).toThrow('no arm');
  });
});

test('the gold answer as text', () => {
  expect(goldText(smallBenchmark(1).items[0]!)).toBe('Person0');
});
