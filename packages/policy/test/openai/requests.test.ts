import { describe, expect, test } from '@jest/globals';
import { wordTokenizer } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import OpenAI from 'openai';
import { askAll, askOne } from './ask.ts';
import { chatAnswer, scriptedServer, sendJson, tokenAnswer } from './scripted-server.ts';

const tokenizer = wordTokenizer(['<pad>', '<eos>', 'a', 'b', 'c']);

describe('what is sent', () => {
  test('chat: messages, limits and seed in the standard fields only; text counts as one user message', async () => {
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, chatAnswer('hi')));
    const model = openAiModel({ baseUrl, model: 'm' });
    const messages = [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'hello' },
    ] as const;
    expect(await askOne(model, { prompt: messages, seed: 7 }, { maxTokens: 5 })).toEqual({ text: 'hi', finish: 'stop' });
    await askOne(model, { prompt: 'hello', seed: -7 }, { temperature: 0.5, topP: 0.9, topK: 3, stop: ['\n'] });
    expect(seen.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/chat/completions']);
    expect(seen[0]!.body).toEqual({ model: 'm', messages, max_tokens: 5, temperature: 1, top_p: 1, seed: 7 });
    expect(seen[1]!.body).toMatchObject({ messages: [{ role: 'user', content: 'hello' }], temperature: 0.5, top_p: 0.9, stop: ['\n'] });
    expect(seen[1]!.body.seed).toBe(-7 & 0x7fffffff);
    expect(seen[1]!.body).not.toHaveProperty('top_k');
    expect(seen[0]!.body).not.toHaveProperty('stream');
  });

  test('vllm with a tokenizer: ids in, ids and log-probabilities out, every default that the server could add pinned', async () => {
    const { baseUrl, seen } = await scriptedServer((response) =>
      sendJson(response, tokenAnswer('b c', [3, 4, 1], [-0.1, -0.2, -0.30000001192092896], { prompt_token_ids: [2] })),
    );
    const model = openAiModel({ baseUrl, model: 'm', server: 'vllm', tokenizer });
    const conversation = {
      prompt: Int32Array.of(2),
      completion: Int32Array.of(3, 4, 1),
      logprobs: Float32Array.of(-0.1, -0.2, -0.3),
      finish: 'stop',
    };
    expect(await askOne(model, { prompt: 'a' })).toEqual({ text: 'b c', finish: 'stop', conversation });
    expect(seen[0]!.path).toBe('/v1/completions');
    expect(seen[0]!.body).toEqual({
      model: 'm',
      prompt: [2],
      max_tokens: 8,
      temperature: 1,
      top_p: 1,
      seed: 1,
      top_k: -1,
      min_p: 0,
      repetition_penalty: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      return_token_ids: true,
      logprobs: 1,
    });
    expect(model.tokenizer).toBe(tokenizer);
  });

  test("a request's own settings win, and each has its own seed", async () => {
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, chatAnswer('')));
    const own = { maxTokens: 3, temperature: 0, topP: 0.5, stop: ['x'] };
    await askAll(openAiModel({ baseUrl, model: 'm', concurrency: 1 }), [
      { prompt: 'a', seed: 1, ...own },
      { prompt: 'a', seed: 2 },
    ]);
    expect(seen[0]!.body).toMatchObject({ max_tokens: 3, temperature: 0, top_p: 0.5, stop: ['x'], seed: 1 });
    expect(seen[1]!.body).toMatchObject({ max_tokens: 8, temperature: 1, top_p: 1, seed: 2 });
  });

  test('body fields are added over the rest, undefined takes one out; the token limit may have its newer name', async () => {
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, chatAnswer('')));
    const body = { chat_template_kwargs: { enable_thinking: false }, temperature: undefined };
    await askOne(openAiModel({ baseUrl, model: 'm', body, tokenLimitField: 'max_completion_tokens' }));
    expect(seen[0]!.body).toMatchObject({ chat_template_kwargs: { enable_thinking: false }, max_completion_tokens: 8 });
    expect(seen[0]!.body).not.toHaveProperty('temperature');
    expect(seen[0]!.body).not.toHaveProperty('max_tokens');
  });

  test('never more requests in flight than allowed, over several calls', async () => {
    const server = await scriptedServer((response) => setTimeout(() => sendJson(response, chatAnswer('x')), 15));
    const model = openAiModel({ baseUrl: server.baseUrl, model: 'm', concurrency: 3 });
    const requests = Array.from({ length: 10 }, (_, seed) => ({ prompt: 'a', seed }));
    const [first, second] = await Promise.all([askAll(model, requests), askAll(model, requests)]);
    expect([...first, ...second]).toHaveLength(20);
    expect(server.busiest()).toBe(3);
  });

  test("a client of the user's own keeps its address, headers and key", async () => {
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, chatAnswer('x')));
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'own-key', defaultHeaders: { 'x-mine': '1' } });
    await askOne(openAiModel({ client, model: 'm' }));
    expect(seen[0]!.headers).toMatchObject({ authorization: 'Bearer own-key', 'x-mine': '1' });
  });
});

describe('what is read', () => {
  test('chat with ids: the prompt as the server tokenized it', async () => {
    const content = [
      { token: 'x', logprob: -0.5 },
      { token: 'y', logprob: -1 },
    ];
    const answer = { ...chatAnswer('xy', { token_ids: [5, 6], logprobs: { content }, finish_reason: 'length' }), prompt_token_ids: [9, 8] };
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, answer));
    const model = openAiModel({ baseUrl, model: 'm', server: 'vllm', tokenIds: true });
    expect(await askOne(model)).toEqual({
      text: 'xy',
      finish: 'length',
      conversation: {
        prompt: Int32Array.of(9, 8),
        completion: Int32Array.of(5, 6),
        logprobs: Float32Array.of(-0.5, -1),
        finish: 'length',
      },
    });
    expect(seen[0]!.body).toMatchObject({ logprobs: true, top_logprobs: 1, return_token_ids: true });
  });

  test("llama.cpp's form: ids beside the log-probabilities", async () => {
    const content = [
      { id: 3, token: 'b', logprob: -0.25 },
      { id: 1, token: '', logprob: 0.00001 },
    ];
    const answer = { choices: [{ text: 'b', finish_reason: 'stop', logprobs: { content } }], usage: { completion_tokens: 2 } };
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, answer));
    const result = await askOne(openAiModel({ baseUrl, model: 'm', server: 'llama.cpp', tokenizer }), { prompt: 'a' });
    expect(result).toMatchObject({ conversation: { completion: Int32Array.of(3, 1), logprobs: Float32Array.of(-0.25, 0) } });
    expect(seen[0]!.body).toMatchObject({ top_k: 0, min_p: 0, repeat_penalty: 1 });
  });

  test('a chat answer without content is empty text', async () => {
    const { baseUrl } = await scriptedServer((response) => sendJson(response, chatAnswer(null)));
    expect(await askOne(openAiModel({ baseUrl, model: 'm' }))).toEqual({ text: '', finish: 'stop' });
  });

  test('results come as they arrive, each exactly once', async () => {
    const order: number[] = [];
    // The first request is answered when the others have arrived.
    let answerFirst = (): void => undefined;
    const { baseUrl } = await scriptedServer((response, { body }) => {
      const answer = (): void => sendJson(response, chatAnswer(String(body.seed)));
      if (body.seed === 0) answerFirst = answer;
      else answer();
    });
    const model = openAiModel({ baseUrl, model: 'm' });
    for await (const result of model.complete(
      [0, 1, 2].map((seed) => ({ prompt: 'a', seed })),
      { maxTokens: 1 },
    )) {
      expect(result).toMatchObject({ text: String(result.index) });
      if (order.push(result.index) === 2) answerFirst();
    }
    expect(order.at(-1)).toBe(0);
    expect(new Set(order)).toEqual(new Set([0, 1, 2]));
    expect(order).toHaveLength(3);
  });

  test('no requests, no results, no call', async () => {
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, chatAnswer('')));
    expect(await askAll(openAiModel({ baseUrl, model: 'm' }), [])).toEqual([]);
    expect(seen).toEqual([]);
  });
});

describe('log-probabilities of given tokens', () => {
  const conversations = [
    { prompt: Int32Array.of(2), completion: Int32Array.of(3, 4) },
    { prompt: Int32Array.of(2, 3), completion: Int32Array.of() },
  ];

  test('vllm: prompt_logprobs of prompt and completion together', async () => {
    const shown = [null, { '3': { logprob: -0.5, rank: 1 }, '9': { logprob: -0.1 } }, { '4': { logprob: -2 } }];
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, { choices: [{ text: '', prompt_logprobs: shown }] }));
    const model = openAiModel({ baseUrl, model: 'm', server: 'vllm', tokenizer });
    expect(await model.logprobs!(conversations)).toEqual([Float32Array.of(-0.5, -2), new Float32Array(0)]);
    expect(seen).toHaveLength(1);
    expect(seen[0]!.body).toEqual({ model: 'm', prompt: [2, 3, 4], max_tokens: 1, temperature: 1, prompt_logprobs: 0 });
  });

  test('sglang: the echoed prompt', async () => {
    const logprobs = { token_logprobs: [null, -0.5, -2, -7] };
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, { choices: [{ text: '', logprobs }] }));
    const model = openAiModel({ baseUrl, model: 'm', server: 'sglang', tokenizer });
    expect(await model.logprobs!(conversations)).toEqual([Float32Array.of(-0.5, -2), new Float32Array(0)]);
    expect(seen[0]!.body).toMatchObject({ echo: true, logprobs: 1 });
  });

  test.each([
    ['nothing', undefined],
    ['too few', [null, { '3': { logprob: -1 } }]],
    ['another token', [null, { '3': { logprob: -1 } }, { '5': { logprob: -1 } }]],
    ['null', [null, { '3': { logprob: null } }, { '4': { logprob: -1 } }]],
  ])('%s: bad-response, never 0', async (_name, shown) => {
    const { baseUrl } = await scriptedServer((response) => sendJson(response, { choices: [{ text: '', prompt_logprobs: shown }] }));
    const model = openAiModel({ baseUrl, model: 'm', server: 'vllm', tokenizer });
    await expect(model.logprobs!(conversations)).rejects.toMatchObject({ code: 'bad-response' });
  });

  test('an empty prompt is refused; a server that cannot score has no logprobs', async () => {
    const model = openAiModel({ baseUrl: 'http://127.0.0.1:9/v1', model: 'm', server: 'vllm', tokenizer });
    await expect(model.logprobs!([{ prompt: Int32Array.of(), completion: Int32Array.of(3) }])).rejects.toMatchObject({
      code: 'bad-options',
    });
    expect(openAiModel({ baseUrl: 'http://127.0.0.1:9/v1', model: 'm', server: 'ollama' }).logprobs).toBeUndefined();
  });
});
