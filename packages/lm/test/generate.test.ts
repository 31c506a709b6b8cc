import { afterAll, describe, expect, test } from '@jest/globals';
import type { Completion, Failure, Indexed, Request, SamplingOptions } from '@memtrain/policy';
import { createLanguageModel, type LanguageModel } from '../src/index.ts';
import { tiny, tinyModel, words } from './tiny-model.ts';

const model = tinyModel({ maxPositions: 256 });
afterAll(async () => model.dispose());

async function results(
  requests: readonly Request[],
  options: Partial<SamplingOptions> = {},
  of: LanguageModel = model,
): Promise<Indexed<Completion | Failure>[]> {
  const found: Indexed<Completion | Failure>[] = [];
  for await (const result of (await of.model()).complete(requests, { maxTokens: 12, ...options })) found.push(result);
  return found;
}

async function said(
  requests: readonly Request[],
  options: Partial<SamplingOptions> = {},
  of: LanguageModel = model,
): Promise<Completion[]> {
  const found = await results(requests, options, of);
  return found.sort((a, b) => a.index - b.index).map((result) => result as Completion);
}

const ids = (completion: Completion): number[] => [...completion.conversation!.completion];
const text = (count: number, from: number): string => Array.from({ length: count }, (_, i) => `w${(from + i * 7) % 22}`).join(' ');

describe('a completion depends on its own request alone', () => {
  const requests: Request[] = [
    { prompt: text(40, 1), seed: 1 },
    { prompt: text(40, 1), seed: 2, temperature: 0.7 },
    { prompt: `${text(40, 1)} w3 w4`, seed: 3, topK: 5 },
    { prompt: `${text(40, 1)} w5`, seed: 4, topP: 0.8 },
    { prompt: text(3, 2), seed: 5, maxTokens: 30 },
    { prompt: text(90, 3), seed: 6 },
    ...Array.from({ length: 8 }, (_, seed): Request => ({ prompt: text(20, 9), seed: 100 + seed })),
  ];

  test('whatever else is in the batch, in whatever order', async () => {
    const together = await said(requests);
    const backwards = (await said([...requests].reverse())).reverse();
    for (const [i, request] of requests.entries()) {
      const [alone] = await said([request]);
      expect(ids(together[i]!)).toEqual(ids(alone!));
      expect(ids(backwards[i]!)).toEqual(ids(alone!));
      for (const [t, logprob] of alone!.conversation!.logprobs.entries())
        expect(together[i]!.conversation!.logprobs[t]).toBeCloseTo(logprob, 4);
    }
    // Equal prompts with different seeds differ.
    expect(new Set(together.slice(6).map((completion) => ids(completion).join())).size).toBeGreaterThan(4);
  });

  test('also when places are few and are refilled as they become free', async () => {
    const narrow = createLanguageModel({
      configuration: { ...tiny, maxPositions: 256 },
      tokenizer: words,
      seed: 5,
      threads: 1,
      generationRows: 3,
    });
    const [few, many] = [await said(requests, {}, narrow), await said(requests)];
    expect(few.map(ids)).toEqual(many.map(ids));
    await narrow.dispose();
  });

  test('and is the same again, bit for bit', async () => {
    const [first, second] = [await said(requests), await said(requests)];
    expect(first.map(({ conversation }) => conversation)).toEqual(second.map(({ conversation }) => conversation));
  });
});

describe('log-probabilities', () => {
  test('are those of the distribution that was sampled from', async () => {
    const requests = [0, 1, 2, 3].map((seed): Request => ({ prompt: text(10, seed), seed }));
    for (const temperature of [1, 0.6]) {
      for (const completion of await said(requests, { temperature })) {
        const [scored] = await model.forward([completion.conversation!], { temperature });
        for (const [t, logprob] of completion.conversation!.logprobs.entries()) expect(scored![t]).toBeCloseTo(logprob, 4);
      }
    }
    // One of two tokens: both probabilities are known from the plain ones.
    for (const completion of await said(requests, { topK: 1, temperature: 1 })) {
      expect([...completion.conversation!.logprobs].every((logprob) => logprob === 0)).toBe(true);
    }
  });

  test('greedy choice takes the likeliest token and reports its plain log-probability', async () => {
    const [greedy] = await said([{ prompt: text(10, 1), seed: 1 }], { temperature: 0 });
    const [first] = await said([{ prompt: text(10, 1), seed: 1 }], { topK: 1 });
    expect(ids(greedy!)).toEqual(ids(first!));
    const [scored] = await model.forward([greedy!.conversation!]);
    for (const [t, logprob] of greedy!.conversation!.logprobs.entries()) expect(scored![t]).toBeCloseTo(logprob, 4);
  });

  test('of given text are there for a scorer', async () => {
    const [completion] = await said([{ prompt: text(10, 1), seed: 1 }]);
    const [scored] = await (await model.model()).logprobs!([completion!.conversation!]);
    expect(scored).toHaveLength(completion!.conversation!.completion.length);
  });
});

describe('a completion ends', () => {
  test('at a stop string: the text is cut before it, the tokens are kept', async () => {
    const [whole] = await said([{ prompt: text(10, 1), seed: 3 }], { temperature: 2 });
    const spoken = whole!.text.split(' ');
    const stop = `${spoken[2]} ${spoken[3]}`;
    const [cut] = await said([{ prompt: text(10, 1), seed: 3, stop: ['nowhere', stop] }], { temperature: 2 });
    expect(cut!.finish).toBe('stop');
    const kept = ids(cut!);
    expect(kept).toEqual(ids(whole!).slice(0, kept.length));
    expect(words.decode(kept)).toContain(stop);
    expect(words.decode(kept.slice(0, -1))).not.toContain(stop);
    expect(cut!.text).toBe(whole!.text.slice(0, whole!.text.indexOf(stop)));
    expect(cut!.conversation!.finish).toBe('stop');
  });

  test('at its own number of tokens', async () => {
    const requests = [1, 2, 7].map((maxTokens): Request => ({ prompt: text(5, 1), seed: 1, maxTokens, topK: 3 }));
    for (const [i, completion] of (await said(requests, { temperature: 3 })).entries()) {
      const { length } = completion.conversation!.completion;
      expect(completion.finish === 'stop' || length === requests[i]!.maxTokens).toBe(true);
      expect(length).toBeLessThanOrEqual(requests[i]!.maxTokens!);
    }
  });
});

describe('a stream of completions', () => {
  test('yields short ones while long ones are being made, each once', async () => {
    const requests: Request[] = [
      { prompt: text(5, 1), seed: 1, maxTokens: 200 },
      { prompt: text(5, 2), seed: 2, maxTokens: 2 },
      { prompt: text(5, 3), seed: 3, maxTokens: 1 },
    ];
    const found = await results(requests, { temperature: 3 });
    expect(found.map(({ index }) => index).sort((a, b) => a - b)).toEqual([0, 1, 2]);
    expect(found[0]!.index).toBe(2);
  });

  test('ends at once when its signal aborts, and the model goes on working', async () => {
    const controller = new AbortController();
    const requests = Array.from({ length: 6 }, (_, seed): Request => ({ prompt: text(5, seed), seed, maxTokens: seed === 0 ? 1 : 200 }));
    const run = async (): Promise<void> => {
      for await (const _ of (await model.model()).complete(requests, { maxTokens: 5, temperature: 3, signal: controller.signal }))
        controller.abort(new Error('enough'));
    };
    await expect(run()).rejects.toThrow('enough');
    expect(await said(requests.slice(1, 3), { maxTokens: 3 })).toHaveLength(2);
  });

  test('may be left early', async () => {
    for await (const _ of (await model.model()).complete(
      [
        { prompt: text(5, 1), seed: 1 },
        { prompt: text(6, 2), seed: 2 },
      ],
      { maxTokens: 3 },
    ))
      break;
    expect(await said([{ prompt: text(5, 1), seed: 1 }])).toHaveLength(1);
  });

  test('bad options throw, a bad request is a failure of its own', async () => {
    await expect(results([], { temperature: -1 })).rejects.toThrow(/the options: temperature must be 0 or more, not -1/);
    await expect(results([], { topP: 0 })).rejects.toThrow(/topP must be above 0/);
    const found = (await results([
      { prompt: 'w1', seed: 1, topK: -1 },
      { prompt: 'w1', seed: 1, maxTokens: 0 },
      { prompt: 'w1', seed: 1 },
    ])) as (Indexed<Failure> & Indexed<Completion>)[];
    const byIndex = found.sort((a, b) => a.index - b.index);
    expect(byIndex[0]!.error.message).toMatch(/^request 0: topK/);
    expect(byIndex[1]!.error.message).toMatch(/^request 1: maxTokens/);
    expect(byIndex[2]!.conversation).toBeDefined();
    expect(await results([])).toEqual([]);
  });
});
