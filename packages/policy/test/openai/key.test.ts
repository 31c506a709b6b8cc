import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PolicyError, wordTokenizer } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import type { OpenAiModelOptions } from '@memtrain/policy/openai';
import OpenAI from 'openai';
import { askOne, failureOf } from './ask.ts';
import { chatAnswer, scriptedServer, sendJson, tokenAnswer } from './scripted-server.ts';
import type { Reply } from './scripted-server.ts';

const tokenizer = wordTokenizer(['<pad>', '<eos>', 'a', 'b', 'c']);
const hello = (response: Parameters<Reply>[0]): void => sendJson(response, chatAnswer('hello'));

describe('the key', () => {
  const key = 'sk-Abc0123456789Xyz';
  const before = { ...process.env };
  beforeEach(() => {
    Object.assign(process.env, { MY_KEY: key, OPENAI_API_KEY: 'sk-of-another-place', OPENAI_ADMIN_KEY: 'sk-admin' });
  });
  afterEach(() => {
    for (const name of ['MY_KEY', 'OPENAI_API_KEY', 'OPENAI_ADMIN_KEY', 'OPENAI_BASE_URL']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  test('comes from a named variable, or from a function that is asked each time', async () => {
    const { baseUrl, seen } = await scriptedServer(hello);
    let turn = 0;
    const rotating = openAiModel({ baseUrl, model: 'm', apiKey: () => `turn-${turn++}` });
    await askOne(openAiModel({ baseUrl, model: 'm', apiKey: { env: 'MY_KEY' } }));
    await askOne(rotating);
    await askOne(rotating);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${key}`, 'Bearer turn-0', 'Bearer turn-1']);
  });

  test("OpenAI's variables go only where they were meant to go", async () => {
    const { baseUrl, seen } = await scriptedServer(hello);
    await askOne(openAiModel({ baseUrl, model: 'm' }));
    expect(seen[0]!.headers).not.toHaveProperty('authorization');
    process.env['OPENAI_BASE_URL'] = baseUrl;
    await askOne(openAiModel({ model: 'm' }));
    expect(seen[1]!.headers.authorization).toBe('Bearer sk-of-another-place');
  });

  test.each<[string, Reply]>([
    [
      'a refusal',
      (response, { headers }) =>
        sendJson(response, { error: { message: `wrong key ${headers.authorization}`, code: key } }, { status: 401 }),
    ],
    ['a refusal without JSON', (response) => void response.writeHead(403, { 'x-echo': key }).end(`<p>${key}</p>`)],
    ['an error of the server', (response) => sendJson(response, { error: { message: { key } } }, { status: 500 })],
    ['a wrong finish reason', (response) => sendJson(response, chatAnswer('', { finish_reason: key }))],
    ['a wrong log-probability', (response) => sendJson(response, tokenAnswer('', [3], [key]))],
    ['a cut connection', (response) => void response.socket!.destroy()],
  ])('is nowhere in the error after %s', async (_name, reply) => {
    const { baseUrl } = await scriptedServer(reply);
    const options = { baseUrl, model: 'm', maxRetries: 0, server: 'vllm', tokenizer } as const;
    const api = { api: _name.includes('finish') ? 'chat' : 'completions', tokenIds: !_name.includes('finish') } as const;
    for (const apiKey of [{ env: 'MY_KEY' }, async () => key]) {
      const model = openAiModel({ ...options, ...api, apiKey });
      const error = await failureOf(model, { prompt: 'a' });
      for (const shown of [
        error.message,
        error.stack,
        JSON.stringify(error),
        String(error),
        deep(error),
        deep(model),
        JSON.stringify(model),
      ]) {
        expect(shown).not.toContain(key);
      }
      expect(error).toBeInstanceOf(PolicyError);
    }
    const client = new OpenAI({ baseURL: baseUrl, apiKey: key, logLevel: 'off' });
    expect(
      deep(await failureOf(openAiModel({ model: 'm', maxRetries: 0, server: 'vllm', tokenizer, ...api, client }), { prompt: 'a' })),
    ).not.toContain(key);
  });

  test.each<[string, OpenAiModelOptions['apiKey']]>([
    ['a function that throws', () => Promise.reject(new Error(`cannot decrypt ${key}`))],
    ['a function that gives nothing', () => ''],
    ['a key that is no header', () => `${key}\n${key}é`],
  ])('%s: no-api-key, without what it said', async (_name, apiKey) => {
    const { baseUrl, seen } = await scriptedServer(hello);
    const error = await failureOf(openAiModel({ baseUrl, model: 'm', apiKey: apiKey! }));
    expect(error).toMatchObject({ code: 'no-api-key' });
    expect(deep(error)).not.toContain(key);
    expect(seen).toHaveLength(0);
  });

  test('a variable that is not set is an error at once, which names it', () => {
    expect(() => openAiModel({ baseUrl: 'http://127.0.0.1:9/v1', model: 'm', apiKey: { env: 'NO_SUCH_KEY' } })).toThrow(
      expect.objectContaining({ code: 'no-api-key', message: expect.stringContaining('NO_SUCH_KEY') }),
    );
  });
});

function deep(value: unknown): string {
  return inspect(value, { depth: 10, showHidden: true });
}
