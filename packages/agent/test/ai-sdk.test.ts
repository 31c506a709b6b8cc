import { APICallError } from '@ai-sdk/provider';
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3GenerateResult } from '@ai-sdk/provider';
import { describe, expect, test } from '@jest/globals';
import { read, readDocuments } from '@memtrain/agent';
import { aiSdkModel, readTextTool } from '@memtrain/agent/ai-sdk';
import { scriptedModel } from '@memtrain/policy/test';
import { generateText, stepCountIs } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';

type Unified = LanguageModelV3GenerateResult['finishReason']['unified'];

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const result = (content: LanguageModelV3GenerateResult['content'], unified: Unified = 'stop'): LanguageModelV3GenerateResult => ({
  content,
  finishReason: { unified, raw: undefined },
  usage,
  warnings: [],
});
const says = (text: string, unified?: Unified): LanguageModelV3GenerateResult => result([{ type: 'text', text }], unified);
const mock = (doGenerate: (options: LanguageModelV3CallOptions) => Promise<LanguageModelV3GenerateResult>): LanguageModelV3 =>
  new MockLanguageModelV3({ doGenerate });
const textOfCall = ({ prompt }: LanguageModelV3CallOptions): string => JSON.stringify(prompt);

describe('aiSdkModel', () => {
  test('a language model of the AI SDK reads a long text', async () => {
    const calls: LanguageModelV3CallOptions[] = [];
    const languageModel = mock(async (options) => {
      calls.push(options);
      const text = textOfCall(options);
      if (text.includes('Your answer:')) return says(`\\boxed{${/code (\d+)/.exec(text)![1]}}`);
      return result([
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: /code \d+/.exec(text)?.[0] ?? 'nothing yet' },
      ]);
    });
    const text = `${'lorem ipsum '.repeat(100)} code 4711 ${'dolor sit '.repeat(100)}`;
    const model = aiSdkModel(languageModel, { providerOptions: { mock: { effort: 'low' } } });
    expect(await read(model, text, { problem: 'Which code?', chunkTokens: 100 })).toBe('4711');
    expect(calls).toHaveLength(7);
    expect(calls[0]).toMatchObject({
      temperature: 0.7,
      maxOutputTokens: 1024,
      prompt: [{ role: 'user', content: [{ type: 'text' }] }],
      providerOptions: { mock: { effort: 'low' } },
    });
    expect(new Set(calls.map(({ seed }) => seed)).size).toBe(7);
  });

  test('requests run at once up to the limit; what fails is a record with its reason', async () => {
    let running = 0;
    let most = 0;
    const languageModel = mock(async (options) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      const text = textOfCall(options);
      if (text.includes('bad')) throw new Error('401');
      return text.includes('filtered') ? says('', 'content-filter') : says('\\boxed{x}', 'length');
    });
    const items = ['a', 'b', 'bad', 'c', 'filtered', 'd'].map((problem, seed) => ({ id: problem, chunks: [], problem, seed }));
    const reading = { template: 'memagent', memoryTokens: 5, answerTokens: 5, temperature: 0 } as const;
    const readings = await readDocuments(aiSdkModel(languageModel, { concurrency: 2 }), items, reading);
    expect(readings.map(({ end, error }) => error?.message ?? end)).toEqual([
      'answered',
      'answered',
      '401',
      'answered',
      'the model stopped for the reason "content-filter" (no further reason)',
      'answered',
    ]);
    expect(most).toBe(2);
  });

  test('retries what its provider calls retryable, and nothing else', async () => {
    const failing = (isRetryable: boolean): { model: LanguageModelV3; calls: () => number } => {
      let calls = 0;
      const model = mock(async () => {
        calls++;
        if (calls < 2) throw new APICallError({ message: 'overloaded', url: 'http://x', requestBodyValues: {}, isRetryable });
        return says('fine');
      });
      return { model, calls: () => calls };
    };
    const yes = failing(true);
    expect(await read(aiSdkModel(yes.model), [], { problem: '?' })).toBe('fine');
    const no = failing(false);
    await expect(read(aiSdkModel(no.model), [], { problem: '?' })).rejects.toThrow('overloaded');
    expect([yes.calls(), no.calls()]).toEqual([2, 1]);
    await expect(read(aiSdkModel(failing(true).model, { retries: 0 }), [], { problem: '?' })).rejects.toThrow('overloaded');
  });

  test('all sampling settings are handed on; token ids are refused', async () => {
    const calls: LanguageModelV3CallOptions[] = [];
    const model = aiSdkModel(
      mock(async (options) => {
        calls.push(options);
        return says('x');
      }),
    );
    const chat = [
      { role: 'system', content: 'S' },
      { role: 'assistant', content: 'A' },
    ] as const;
    const requests = [
      { prompt: chat, seed: -1, temperature: 0, stop: ['</a>'], topK: 3 },
      { prompt: new Int32Array(1), seed: 2 },
    ];
    const results = [];
    for await (const one of model.complete(requests, { maxTokens: 7, topP: 0.5 })) results.push(one);
    expect(calls).toEqual([
      {
        prompt: [
          { role: 'system', content: 'S' },
          { role: 'assistant', content: [{ type: 'text', text: 'A' }] },
        ],
        maxOutputTokens: 7,
        temperature: 0,
        seed: 0x7fffffff,
        topK: 3,
        topP: 0.5,
        stopSequences: ['</a>'],
        abortSignal: expect.anything(),
      },
    ]);
    expect(results.toSorted((a, b) => a.index - b.index)[1]).toMatchObject({ error: { code: 'bad-options' } });
  });
});

test('whoever stops reading early aborts the calls in flight', async () => {
  const aborted: boolean[] = [];
  const languageModel = mock(async ({ seed, abortSignal }) => {
    if (seed === 0) return says('first');
    await new Promise<void>((resolve) => abortSignal!.addEventListener('abort', () => resolve()));
    aborted.push(true);
    throw abortSignal!.reason;
  });
  const requests = [0, 1, 2].map((seed) => ({ prompt: 'x', seed }));
  for await (const one of aiSdkModel(languageModel).complete(requests, { maxTokens: 1 })) {
    expect(one).toMatchObject({ index: 0, text: 'first' });
    break;
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(aborted).toHaveLength(2);
});

test('readTextTool: another model asks about a text, through generateText', async () => {
  const reader = scriptedModel((request) => {
    const text = JSON.stringify(request.prompt);
    return text.includes('Your answer:') ? '\\boxed{4711}' : 'the code is 4711';
  });
  let turn = 0;
  const asker = mock(async (options) => {
    if (turn++ > 0) return says(`It says ${/4711/.exec(textOfCall(options))?.[0]}.`);
    const call = { type: 'tool-call' as const, toolCallId: '1', toolName: 'askReport', input: '{"question":"Which code?"}' };
    return result([call], 'tool-calls');
  });
  const askReport = readTextTool(reader, 'A long report. The code is 4711.', { chunkTokens: 4 });
  const { text } = await generateText({ model: asker, prompt: 'Which code?', tools: { askReport }, stopWhen: stepCountIs(3) });
  expect(text).toBe('It says 4711.');
  expect(reader.requests).toHaveLength(4);
});
