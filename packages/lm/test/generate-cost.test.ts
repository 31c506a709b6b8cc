import { afterAll, describe, expect, test } from '@jest/globals';
import type { Completion, Request } from '@memtrain/policy';
import { createLanguageModel, onnxruntimeExecutor, type Executor } from '../src/index.ts';
import { tiny, words } from './tiny-model.ts';

/** Tokens that went through the model in each run: the first whole-number input of a graph is their ids. */
const runs: number[] = [];
const executor: Executor = {
  name: 'counting',
  async compile(fn, specs, options) {
    const compiled = await onnxruntimeExecutor.compile(fn, specs, options);
    const tokens = specs.find(({ dtype }) => dtype === 'int32')!.shape.reduce((product, length) => product * length, 1);
    return {
      inputs: compiled.inputs,
      outputs: compiled.outputs,
      run: (feeds, targets) => {
        runs.push(tokens);
        return compiled.run(feeds, targets);
      },
      dispose: () => compiled.dispose(),
    };
  },
};
const model = createLanguageModel({
  configuration: { ...tiny, maxPositions: 512 },
  tokenizer: words,
  seed: 5,
  threads: 1,
  executor,
});
afterAll(async () => model.dispose());

const prompt = (length: number, from: number): number[] => Array.from({ length }, (_, i) => 2 + ((from + i * 7) % 22));

/** Tokens computed for the requests, prompts and completions together. */
async function computed(requests: readonly Request[], maxTokens: number): Promise<number> {
  runs.length = 0;
  for await (const result of (await model.model()).complete(requests, { maxTokens })) if ('error' in result) throw result.error;
  return runs.reduce((sum, tokens) => sum + tokens, 0);
}

describe('prompts are read', () => {
  test('once for all their samples', async () => {
    const samples = Array.from({ length: 8 }, (_, seed): Request => ({ prompt: Int32Array.from(prompt(200, 1)), seed }));
    // One token is drawn from the prompt itself: nothing but the prompt is computed.
    expect(await computed(samples, 1)).toBeLessThan(1.3 * 200);
  });

  test('only where they differ, when they begin alike', async () => {
    const shared = prompt(400, 1);
    const requests = Array.from({ length: 6 }, (_, i): Request => ({
      prompt: Int32Array.from([...shared, ...prompt(10, 3 * i + 2)]),
      seed: i,
    }));
    const apart = requests.map((request, i): Request => ({ ...request, prompt: Int32Array.from(prompt(410, 100 + 5 * i)) }));
    const [together, alone] = [await computed(requests, 1), await computed(apart, 1)];
    expect(together).toBeGreaterThanOrEqual(400 + 6 * 10);
    expect(together).toBeLessThan(1.3 * (400 + 6 * 10));
    expect(alone).toBeGreaterThanOrEqual(6 * 409);
  });
});

test('a completion is there before the longer ones beside it are done', async () => {
  const endless = createLanguageModel({
    configuration: { ...tiny, maxPositions: 512 },
    // Nothing ends a completion but its budget.
    tokenizer: { ...words, endIds: [] },
    seed: 5,
    threads: 1,
    executor,
  });
  const requests = [40, 3, 10].map((maxTokens, i): Request => ({ prompt: Int32Array.from(prompt(8, 4 * i)), seed: i, maxTokens }));
  runs.length = 0;
  const seen: [index: number, runs: number][] = [];
  for await (const { index } of (await endless.model()).complete(requests, { maxTokens: 1 })) seen.push([index, runs.length]);
  expect(seen.map(([index]) => index)).toEqual([1, 2, 0]);
  // A run each token, after the reading.
  const [short, middle, long] = seen.map(([, count]) => count);
  expect(short!).toBeLessThanOrEqual(3 + 1);
  expect(middle!).toBeLessThanOrEqual(10 + 1);
  expect(long!).toBeGreaterThanOrEqual(39);
  await endless.dispose();
});

test('any of several end tokens ends a completion, which keeps it', async () => {
  const endIds = [1, 4, 9, 17];
  const several = createLanguageModel({ configuration: tiny, tokenizer: { ...words, endIds }, seed: 5, threads: 1 });
  const requests = Array.from({ length: 24 }, (_, seed): Request => ({ prompt: Int32Array.from(prompt(6, seed)), seed }));
  const ends = new Set<number>();
  for await (const result of (await several.model()).complete(requests, { maxTokens: 40, temperature: 3 })) {
    const { finish, conversation } = result as Completion;
    const tokens = [...conversation!.completion];
    const inside = tokens.slice(0, -1).filter((token) => endIds.includes(token));
    expect(inside).toEqual([]);
    const last = tokens.at(-1)!;
    expect(finish).toBe(endIds.includes(last) ? 'stop' : 'length');
    if (finish === 'stop') ends.add(last);
    else expect(tokens).toHaveLength(40);
  }
  expect([...ends].sort((a, b) => a - b)).toEqual(endIds);
  await several.dispose();
});
