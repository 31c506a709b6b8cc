import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { PolicyError, wordTokenizer } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import { askAll, askOne, failureOf } from './ask.ts';
import { chatAnswer, scriptedServer, sendJson, tokenAnswer } from './scripted-server.ts';
import type { Reply } from './scripted-server.ts';

const tokenizer = wordTokenizer(['<pad>', '<eos>', 'a', 'b', 'c']);
const hello = (response: Parameters<Reply>[0]): void => sendJson(response, chatAnswer('hello'));

describe('a server that misbehaves', () => {
  test.each<[string, Reply, string, RegExp]>([
    ['hangs', () => undefined, 'timeout', /no whole answer within 300 ms after 2 attempts/],
    [
      'stops in the middle of the body',
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices": ['),
      'timeout',
      /no whole answer within 300 ms after 2 attempts/,
    ],
    ['cuts the connection', (response) => void response.socket!.destroy(), 'request-failed', /the connection failed after 2 attempts/],
    [
      'cuts the connection in the middle of the body',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"choices": [');
        setTimeout(() => response.socket!.destroy(), 5);
      },
      'request-failed',
      /the connection failed after 2 attempts/,
    ],
    [
      'has errors of its own',
      (response) => sendJson(response, { error: { message: 'out of memory' } }, soon(500)),
      'request-failed',
      /status 500 after 2 attempts \(out of memory\)/,
    ],
    ['stays busy', (response) => sendJson(response, '', soon(429)), 'request-failed', /status 429 .*lower concurrency/],
  ])('%s: tried again, then %s', async (_name, reply, code, message) => {
    const { baseUrl, seen } = await scriptedServer(reply);
    const timeoutMs = code === 'timeout' ? 300 : 30_000;
    const error = await failureOf(openAiModel({ baseUrl, model: 'm', timeoutMs, maxRetries: 1 }));
    expect(error).toMatchObject({ name: 'PolicyError', code });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`POST ${baseUrl}/chat/completions`);
    // On a busy machine the clock may run out before a request has left.
    if (code !== 'timeout') expect(seen).toHaveLength(2);
  });

  test.each<[string, unknown, string, RegExp]>([
    [
      'refuses the request',
      [400, { error: { message: 'context is 4096 tokens' } }],
      'request-failed',
      /status 400 after 1 attempt \(context is 4096 tokens\)/,
    ],
    ['does not know the model', [404, { error: { message: 'no such model' } }], 'request-failed', /404 .*check baseUrl and the model name/],
    ['sends no JSON', '{"choices": [}', 'bad-response', /not JSON/],
    ['sends NaN', '{"choices": [NaN]}', 'bad-response', /not JSON/],
    ['sends nothing', '', 'bad-response', /not JSON/],
    ['sends null', 'null', 'bad-response', /no list "choices"/],
    ['sends another shape', { result: 'hello' }, 'bad-response', /no list "choices"/],
    ['sends no choice', { choices: [] }, 'bad-response', /no list "choices" with one entry/],
    ['sends a choice without text', { choices: [{ finish_reason: 'stop', message: {} }] }, 'bad-response', /no message.content/],
    ['filters the answer', chatAnswer('x', { finish_reason: 'content_filter' }), 'bad-response', /finish_reason is "content_filter"/],
    ['does not say why it ended', chatAnswer('x', { finish_reason: null }), 'bad-response', /finish_reason is null/],
  ])('%s: a failure at once', async (_name, answer, code, message) => {
    const [status, value] = Array.isArray(answer) ? answer : [200, answer];
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, value, { status }));
    const error = await failureOf(openAiModel({ baseUrl, model: 'm' }));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(seen).toHaveLength(1);
  });

  test('sends a page instead of JSON', async () => {
    const { baseUrl } = await scriptedServer((response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
    expect(await failureOf(openAiModel({ baseUrl, model: 'm' }))).toMatchObject({ code: 'bad-response' });
  });

  test('is not there', async () => {
    const error = await failureOf(openAiModel({ baseUrl: 'http://127.0.0.1:9/v1', model: 'm', maxRetries: 0 }));
    expect(error).toMatchObject({ code: 'request-failed', message: expect.stringMatching(/connection failed .*is the server up/) });
  });

  test('recovers: the request succeeds in the end, and failures spare the others', async () => {
    const { baseUrl } = await scriptedServer((response, { body }, call) => {
      if (call === 0) response.socket!.destroy();
      else if (body.seed === 1) sendJson(response, {}, { status: 400 });
      else hello(response);
    });
    const model = openAiModel({ baseUrl, model: 'm', concurrency: 1 });
    const results = await askAll(
      model,
      [0, 1, 2].map((seed) => ({ prompt: 'a', seed })),
    );
    expect(results).toEqual([{ text: 'hello', finish: 'stop' }, { error: expect.any(PolicyError) }, { text: 'hello', finish: 'stop' }]);
  });
});

describe('a 429 storm', () => {
  test('waits at least as long as Retry-After says, and then succeeds', async () => {
    const { baseUrl, seen } = await scriptedServer((response, _request, call) =>
      call < 6 ? sendJson(response, {}, { status: 429, headers: { 'retry-after': '0.2' } }) : hello(response),
    );
    const requests = Array.from({ length: 6 }, (_, seed) => ({ prompt: 'a', seed }));
    const results = await askAll(openAiModel({ baseUrl, model: 'm' }), requests);
    expect(results.every((result) => 'text' in result)).toBe(true);
    const waits = requests.map(({ seed }) => {
      const [first, second] = seen.filter(({ body }) => body.seed === seed);
      return second!.at - first!.at;
    });
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(199);
  });

  test('many requests that wait at once make Node warn of no leak', async () => {
    const { baseUrl, seen } = await scriptedServer((response, _request, call) =>
      call < 30 ? sendJson(response, {}, { status: 429, headers: { 'retry-after-ms': '100' } }) : hello(response),
    );
    // A process of its own: a test runner does not hear of Node's warnings.
    const code = `
      import { openAiModel } from '@memtrain/policy/openai';
      const requests = Array.from({ length: 30 }, (_, seed) => ({ prompt: 'a', seed }));
      for await (const { text } of openAiModel({ baseUrl: '${baseUrl}', model: 'm' }).complete(requests, { maxTokens: 1 })) console.log(text);`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@memtrain/source', '--import', 'tsx', '--input-type=module', '--eval', code],
      { cwd: import.meta.dirname, env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect(stdout).toBe('hello\n'.repeat(30));
    expect(stderr).not.toContain('MaxListenersExceededWarning');
    expect(seen).toHaveLength(60);
  });

  test('a wait of an hour is not waited for', async () => {
    const { baseUrl, seen } = await scriptedServer((response) =>
      sendJson(response, {}, { status: 429, headers: { 'retry-after': '3600' } }),
    );
    expect(await failureOf(openAiModel({ baseUrl, model: 'm' }))).toMatchObject({ code: 'request-failed' });
    expect(seen).toHaveLength(1);
  });
});

describe('training needs ids and log-probabilities', () => {
  test.each<[string, object, string, RegExp]>([
    ['no ids', tokenAnswer('b', [], [-1], { token_ids: undefined }), 'no-token-ids', /gave none of the completion: use vLLM/],
    ['null ids', tokenAnswer('b', [], [-1], { token_ids: null }), 'no-token-ids', /token ids/],
    ['no log-probabilities', tokenAnswer('b', [3], null), 'no-token-ids', /log-probabilities, but the endpoint gave none/],
    ['a null log-probability', tokenAnswer('b', [3, 1], [-1, null]), 'bad-response', /log-probability of token 1 is null/],
    ['a log-probability as text', tokenAnswer('b', [3], ['-inf']), 'bad-response', /token 0 is "-inf"/],
    ['a positive log-probability', tokenAnswer('b', [3], [0.5]), 'bad-response', /token 0 is 0.5/],
    ['fewer log-probabilities than ids', tokenAnswer('b', [3, 1], [-1]), 'bad-response', /2 token ids, but 1 log-prob/],
    ['ids that are no ids', tokenAnswer('b', ['3'], [-1]), 'bad-response', /token_ids is not a list of token ids/],
    ['another prompt', tokenAnswer('b', [3], [-1], { prompt_token_ids: [0, 2] }), 'bad-response', /worked on another prompt/],
  ])('%s', async (_name, answer, code, message) => {
    const { baseUrl } = await scriptedServer((response) => sendJson(response, answer));
    const error = await failureOf(openAiModel({ baseUrl, model: 'm', server: 'vllm', tokenizer }), { prompt: 'a' });
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  // As llama-server b10605 answers where a character takes several tokens: all but the last of them are missing.
  test.each([[9], [undefined]])(
    'llama.cpp shows fewer tokens than the %p it counted: no-token-ids, unless only text is wanted',
    async (counted) => {
      const content = [112, 105, 112, 0].map((id) => ({ id, token: '', logprob: -7 }));
      const answer = {
        choices: [{ text: '東é東', finish_reason: 'stop', logprobs: { content } }],
        usage: { completion_tokens: counted, prompt_tokens: 2 },
      };
      const { baseUrl } = await scriptedServer((response) => sendJson(response, answer));
      const options = { baseUrl, model: 'm', server: 'llama.cpp', tokenizer } as const;
      const error = await failureOf(openAiModel(options), { prompt: 'a' });
      expect(error).toMatchObject({ code: 'no-token-ids', message: expect.stringContaining('shows 4 of them') });
      expect(await askOne(openAiModel({ ...options, tokenIds: false }), { prompt: 'a' })).toEqual({ text: '東é東', finish: 'stop' });
    },
  );

  test('NaN in a list is no JSON, and fails too', async () => {
    const text = JSON.stringify(tokenAnswer('b', [3], [-7])).replace('-7', 'NaN');
    const { baseUrl } = await scriptedServer((response) => sendJson(response, text));
    const model = openAiModel({ baseUrl, model: 'm', server: 'vllm', tokenizer });
    expect(await failureOf(model, { prompt: 'a' })).toMatchObject({ code: 'bad-response' });
  });

  test('a chat endpoint that does not show the prompt: no-token-ids', async () => {
    const answer = chatAnswer('b', { token_ids: [3], logprobs: { content: [{ logprob: -1 }] } });
    const { baseUrl } = await scriptedServer((response) => sendJson(response, answer));
    const error = await failureOf(openAiModel({ baseUrl, model: 'm', server: 'vllm', tokenIds: true }));
    expect(error).toMatchObject({ code: 'no-token-ids', message: expect.stringContaining('of the prompt') });
  });

  test('a temperature whose log-probabilities the server does not give is refused before any call', async () => {
    const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, tokenAnswer('b', [3], [-1])));
    const options = { baseUrl, model: 'm', server: 'vllm', tokenizer } as const;
    const warm = { temperature: 0.7 };
    await expect(askOne(openAiModel(options), { prompt: 'a' }, warm)).rejects.toMatchObject({ code: 'bad-options' });
    await expect(askOne(openAiModel(options), { prompt: 'a', topP: 0.9 })).rejects.toThrow('--logprobs-mode processed_logprobs');
    expect(seen).toHaveLength(0);
    expect(await askOne(openAiModel({ ...options, logprobs: 'sampled' }), { prompt: 'a' }, warm)).toHaveProperty('conversation');
    expect(await askOne(openAiModel({ ...options, tokenIds: false }), { prompt: 'a' }, warm)).not.toHaveProperty('conversation');
    expect(await askOne(openAiModel(options), { prompt: 'a' }, { temperature: 0 })).toHaveProperty('conversation');
  });

  test.each([
    ['plain', { temperature: 0.7 }, false],
    ['plain', { topK: 5 }, false],
    ['plain', { temperature: 0 }, true],
    ['tempered', { temperature: 0.7 }, true],
    ['tempered', { topP: 0.9 }, false],
    ['sampled', { temperature: 0.7, topK: 5, topP: 0.9 }, true],
  ] as const)('%s log-probabilities and %j: accepted %p', async (logprobs, sampling, accepted) => {
    const { baseUrl } = await scriptedServer((response) => sendJson(response, tokenAnswer('b', [3], [-1])));
    const asked = askOne(openAiModel({ baseUrl, model: 'm', server: 'vllm', tokenizer, logprobs }), { prompt: 'a' }, sampling);
    if (accepted) expect(await asked).toHaveProperty('conversation');
    else
      await expect(asked).rejects.toMatchObject({ code: 'bad-options', message: expect.stringContaining(`${logprobs} log-probabilities`) });
  });

  test('a tokenizer with a server that never shows ids asks the chat endpoint for text', async () => {
    const { baseUrl, seen } = await scriptedServer(hello);
    expect(await askOne(openAiModel({ baseUrl, model: 'm', server: 'ollama', tokenizer }))).toEqual({ text: 'hello', finish: 'stop' });
    expect(seen[0]!.path).toBe('/v1/chat/completions');
  });
});

function soon(status: number): { status: number; headers: Record<string, string> } {
  return { status, headers: { 'retry-after-ms': '1' } };
}
