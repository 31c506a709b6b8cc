import { describe, expect, test } from '@jest/globals';
import { wordTokenizer } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import type { OpenAiModelOptions } from '@memtrain/policy/openai';
import OpenAI from 'openai';
import { askAll, askOne, failureOf } from './ask.ts';
import { chatAnswer, scriptedServer, sendJson } from './scripted-server.ts';
import type { Reply } from './scripted-server.ts';

const tokenizer = wordTokenizer(['<pad>', '<eos>', 'a', 'b', 'c']);
const hello = (response: Parameters<Reply>[0]): void => sendJson(response, chatAnswer('hello'));

describe('wrong calls', () => {
  const base = { baseUrl: 'http://127.0.0.1:9/v1', model: 'm' };
  test.each<[string, OpenAiModelOptions, RegExp]>([
    ['no model', { ...base, model: '' }, /model is missing/],
    ['an unknown server', { ...base, server: 'vlm' as 'vllm' }, /server "vlm" is unknown: use one of openai, ollama, vllm/],
    ['ids from a server that has none', { ...base, tokenIds: true }, /server "openai" never shows token ids/],
    ['no address', { ...base, baseUrl: 'localhost:8000' }, /no http address/],
    ['a password in the address', { ...base, baseUrl: 'http://me:secret@127.0.0.1/v1' }, /holds a password/],
    ['no place in flight', { ...base, concurrency: 0 }, /concurrency is 0/],
    ['no time', { ...base, timeoutMs: 0 }, /timeoutMs is 0/],
    ['more time than a timer can wait', { ...base, timeoutMs: Infinity }, /timeoutMs is Infinity: .* to 2147483647/],
    ['a client and an address', { ...base, client: new OpenAI({ apiKey: 'x' }) }, /leave out baseUrl and apiKey/],
  ])('%s', (_name, options, message) => {
    const make = (): unknown => openAiModel(options);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'bad-options' }));
    expect(make).not.toThrow(/secret/);
  });

  test.each([
    ['maxTokens', { maxTokens: 0 }],
    ['temperature', { temperature: -1 }],
    ['temperature', { temperature: NaN }],
    ['topK', { topK: 1.5 }],
    ['topP', { topP: 0 }],
    ['stop', { stop: [''] }],
  ])('%s out of range throws, and asks nothing', async (name, sampling) => {
    await expect(askOne(openAiModel(base), {}, sampling)).rejects.toThrow(name);
    await expect(askOne(openAiModel(base), sampling)).rejects.toMatchObject({ code: 'bad-options' });
  });

  test('a prompt that the endpoint cannot take fails by itself', async () => {
    expect(await failureOf(openAiModel(base), { prompt: Int32Array.of(1) })).toMatchObject({ code: 'bad-options' });
    const bare = openAiModel({ ...base, api: 'completions' });
    expect(await failureOf(bare, { prompt: [{ role: 'user', content: 'a' }] })).toMatchObject({ code: 'no-chat-template' });
    const words = openAiModel({ ...base, server: 'vllm', tokenizer });
    expect(await failureOf(words, { prompt: 'zebra' })).toMatchObject({ code: 'unknown-token' });
  });
});

describe('stopping', () => {
  test('an abort throws its reason at once, also while a retry waits, and closes the connections', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let allClosed = (): void => undefined;
    const closing = new Promise<void>((resolve) => (allClosed = resolve));
    let closed = 0;
    let began = Infinity;
    const { baseUrl, seen } = await scriptedServer((response, _request, call) => {
      response.on('close', () => {
        if (++closed === 4) allClosed();
      });
      if (call === 0) sendJson(response, {}, { status: 429, headers: { 'retry-after': '50' } });
      if (call < 3) return;
      began = performance.now();
      setTimeout(() => controller.abort(reason), 40);
    });
    const requests = Array.from({ length: 8 }, (_, seed) => ({ prompt: 'a', seed }));
    const model = openAiModel({ baseUrl, model: 'm', concurrency: 4 });
    await expect(askAll(model, requests, { signal: controller.signal })).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(10_000);
    await closing;
    await expect(askAll(model, requests, { signal: controller.signal })).rejects.toBe(reason);
    expect(seen).toHaveLength(4);
  });

  test('whoever stops reading early stops the rest', async () => {
    const { baseUrl, seen } = await scriptedServer((response, { body }) => {
      if (body.seed === 0) hello(response);
    });
    const model = openAiModel({ baseUrl, model: 'm', concurrency: 2 });
    const requests = Array.from({ length: 6 }, (_, seed) => ({ prompt: 'a', seed }));
    for await (const result of model.complete(requests, { maxTokens: 1 })) {
      expect(result).toMatchObject({ index: 0 });
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen.length).toBeLessThanOrEqual(3);
  });
});
