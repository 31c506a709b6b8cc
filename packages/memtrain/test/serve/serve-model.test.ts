import { request as httpRequest, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createLanguageModel } from '@memtrain/lm';
import type { LanguageModel } from '@memtrain/lm';
import type { Completion, Conversation, Failure, Model, Request } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import { scriptedModel, tinyTokenizer } from '@memtrain/policy/test';
import OpenAI from 'openai';
import { serveModel } from '../../src/serve/serve-model.ts';
import type { ModelServer, ServeModelOptions } from '../../src/serve/serve-model.ts';
import { until } from '../support/until.ts';
import { tinyConfiguration } from '../support/tiny-configuration.ts';

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(model: Model, options: Partial<ServeModelOptions> = {}): Promise<string> {
  const server = await serveModel(model, { name: 'tiny', now: () => 5000, ...options });
  servers.push(server);
  return server.url;
}

async function ask(model: Model, requests: readonly Request[], maxTokens = 12): Promise<(Completion | Failure)[]> {
  const results: (Completion | Failure)[] = [];
  for await (const { index, ...result } of model.complete(requests, { maxTokens })) results[index] = result as Completion | Failure;
  return results;
}

interface Answered {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it freely
  readonly body: any;
}

interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

function send(url: string, body: unknown, more: SendOptions = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { method = 'POST' } = more;
    const sent = httpRequest(url, { ...more, method }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: JSON.parse(text) }));
    });
    sent.on('error', reject);
    sent.end(method === 'GET' ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

const tokenizer = tinyTokenizer();
const chat = [{ role: 'user', content: 'héllo <|im_end|>' }] as const;

describe('the local engine behind the API', () => {
  let learner: LanguageModel;
  let local: Model;
  beforeAll(async () => {
    const configuration = {
      ...tinyConfiguration,
      vocabularySize: tokenizer.vocabularySize,
      layers: 2,
      intermediateSize: 32,
      maxPositions: 128,
      initializerRange: 0.4,
    };
    learner = createLanguageModel({ configuration, tokenizer, seed: 3 });
    local = await learner.model();
  });
  afterAll(() => learner.dispose());
  const requests: Request[] = [
    { prompt: 'one', seed: 1 },
    { prompt: tokenizer.encode('two'), seed: 2 },
    { prompt: chat, seed: 3 },
    { prompt: 'one', seed: 4 },
  ];

  test('ids and log-probabilities go through openAiModel exactly as the engine gives them', async () => {
    const remote = openAiModel({ baseUrl: await serve(local), model: 'tiny', server: 'memtrain', tokenizer });
    const conversationOf = (result: Completion | Failure): Conversation => (result as Completion).conversation!;
    // One at a time: how requests fall into batches may change the last bit of a log-probability.
    for (const request of requests) expect(await ask(remote, [request])).toEqual(await ask(local, [request]));
    const together = await ask(local, requests);
    const conversations = (await ask(remote, requests)).map(conversationOf);
    expect(conversations.map(({ completion }) => completion)).toEqual(together.map((result) => conversationOf(result).completion));
    expect(conversations.every(({ completion, logprobs }) => completion.length > 0 && logprobs.length === completion.length)).toBe(true);
    expect(new Set(conversations.map(({ completion }) => completion.join(' '))).size).toBeGreaterThan(1);
  });

  test('the chat endpoint renders as the tokenizer does', async () => {
    const remote = openAiModel({ baseUrl: await serve(local), model: 'tiny', server: 'memtrain', tokenIds: true });
    expect(await ask(remote, [requests[2]!])).toEqual(await ask(local, [requests[2]!]));
  });

  test('scores given tokens as the engine does', async () => {
    const remote = openAiModel({ baseUrl: await serve(local), model: 'tiny', server: 'memtrain', tokenizer });
    const conversations = (await ask(local, requests)).map((result) => (result as Completion).conversation!);
    const scored = await remote.logprobs!(conversations);
    for (const [place, { logprobs }] of conversations.entries()) {
      expect(scored[place]).toHaveLength(logprobs.length);
      for (const [at, value] of logprobs.entries()) expect(Math.abs(scored[place]![at]! - value)).toBeLessThan(1e-4);
    }
  });

  test('a prompt that does not fit is a 400 that says so', async () => {
    const remote = openAiModel({ baseUrl: await serve(local), model: 'tiny', server: 'memtrain', tokenizer });
    const [failed] = await ask(remote, [{ prompt: 'x'.repeat(120), seed: 1 }]);
    expect(failed).toMatchObject({ error: { code: 'request-failed', message: expect.stringMatching(/status 400 .*128 positions/) } });
  });
});

describe('what OpenAI clients expect', () => {
  const say = scriptedModel((_request, text) => `${text.length} characters`, { tokenizer, logprob: -0.25 });

  test('the openai client lists the model and talks to both endpoints', async () => {
    const client = new OpenAI({ baseURL: await serve(say), apiKey: 'none', maxRetries: 0 });
    expect((await client.models.list()).data).toEqual([{ id: 'tiny', object: 'model', created: 5, owned_by: 'memtrain' }]);
    expect((await client.models.retrieve('tiny')).id).toBe('tiny');
    const reply = await client.chat.completions.create({ model: 'tiny', messages: [...chat], max_tokens: 40, logprobs: true });
    expect(reply).toMatchObject({ id: 'chatcmpl-0', object: 'chat.completion', created: 5, model: 'tiny' });
    expect(reply.choices).toHaveLength(1);
    expect(reply.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant', content: '16 characters' } });
    const logprobs = reply.choices[0]!.logprobs!.content!;
    expect(logprobs.map(({ token }) => token).join('')).toBe('16 characters');
    expect(logprobs[0]).toEqual({ token: '1', logprob: -0.25, bytes: [49], top_logprobs: [] });
    expect(reply.usage).toMatchObject({ completion_tokens: 14, total_tokens: reply.usage!.prompt_tokens + 14 });
    const text = await client.completions.create({ model: 'tiny', prompt: ['a', 'bb'], max_tokens: 5, logprobs: 1, n: 2 });
    expect(text.choices.map((choice) => [choice.index, choice.text, choice.finish_reason])).toEqual([
      [0, '1 cha', 'length'],
      [1, '1 cha', 'length'],
      [2, '2 cha', 'length'],
      [3, '2 cha', 'length'],
    ]);
    expect(text.choices[0]!.logprobs).toMatchObject({ tokens: ['1', ' ', 'c', 'h', 'a'], text_offset: [0, 1, 2, 3, 4] });
    expect(new Set(say.requests.slice(-4).map(({ seed }) => seed)).size).toBe(4);
  });

  test('its errors are errors of that client', async () => {
    const client = new OpenAI({ baseURL: await serve(say), apiKey: 'none', maxRetries: 0 });
    const wrong = client.chat.completions.create({ model: 'other', messages: [...chat] });
    await expect(wrong).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(wrong).rejects.toMatchObject({ code: 'model_not_found', param: 'model', type: 'invalid_request_error' });
    await expect(client.chat.completions.create({ model: 'tiny', messages: [...chat], stream: true })).rejects.toMatchObject({
      status: 400,
      param: 'stream',
      message: expect.stringContaining('does not stream'),
    });
  });

  test('settings arrive at the model, defaults filled in', async () => {
    const url = await serve(say);
    const own = { temperature: 0.5, top_p: 0.9, top_k: 7, seed: 11, stop: 'x', max_tokens: 3 };
    await send(`${url}/completions`, { model: 'tiny', prompt: [104, 105], ...own });
    expect(say.requests.at(-1)).toEqual({
      prompt: Int32Array.of(104, 105),
      maxTokens: 3,
      temperature: 0.5,
      topP: 0.9,
      topK: 7,
      seed: 11,
      stop: ['x'],
    });
    const parts = [
      { type: 'text', text: 'h' },
      { type: 'text', text: 'i' },
    ];
    await send(`${url}/chat/completions`, {
      model: 'tiny',
      messages: [{ role: 'developer', content: parts }],
      temperature: null,
      top_k: -1,
    });
    const defaults = { maxTokens: 16, temperature: 1, topP: 1, topK: 0, stop: [] };
    expect(say.requests.at(-1)).toEqual({ prompt: [{ role: 'system', content: 'hi' }], seed: expect.any(Number), ...defaults });
  });

  test.each<[string, string, unknown, number, RegExp]>([
    ['no JSON', '/completions', '{"model"', 400, /not JSON/],
    ['a list', '/completions', [], 400, /must be a JSON object/],
    ['no prompt', '/completions', { model: 'tiny' }, 400, /prompt: give text, a list of token ids/],
    [
      'a token id outside the vocabulary',
      '/completions',
      { model: 'tiny', prompt: [1, 259] },
      400,
      /token id 259 is not in the vocabulary of 259/,
    ],
    ['an empty list', '/completions', { model: 'tiny', prompt: [] }, 400, /prompt/],
    ['a temperature below 0', '/completions', { model: 'tiny', prompt: 'a', temperature: -1 }, 400, /temperature/],
    ['a penalty', '/completions', { model: 'tiny', prompt: 'a', repetition_penalty: 1.1 }, 400, /repetition_penalty: only 1/],
    ['tools', '/chat/completions', { model: 'tiny', messages: chat, tools: [{}] }, 400, /tools/],
    ['a tool message', '/chat/completions', { model: 'tiny', messages: [{ role: 'tool', content: 'x' }] }, 400, /messages\.0\.role/],
    ['an empty stop text', '/completions', { model: 'tiny', prompt: 'a', stop: [''] }, 400, /stop/],
    ['too many choices', '/completions', { model: 'tiny', prompt: ['a', 'b'], n: 200 }, 400, /above 256/],
    [
      'a score of the prompt that the model cannot give',
      '/completions',
      { model: 'tiny', prompt: 'a', prompt_logprobs: 0 },
      400,
      /cannot score/,
    ],
    ['another path', '/embeddings', {}, 404, /nothing at \/v1\/embeddings/],
  ])('%s: an error in the same form', async (_name, path, body, status, message) => {
    const { status: got, headers, body: answered } = await send(`${await serve(say)}${path}`, body);
    expect(got).toBe(status);
    expect(headers['content-type']).toBe('application/json');
    expect(Object.keys(answered.error)).toEqual(['message', 'type', 'param', 'code']);
    expect(answered.error).toMatchObject({ type: 'invalid_request_error', message: expect.stringMatching(message) });
  });

  test('a wrong method is a 405 that names the right one; health answers', async () => {
    const url = await serve(say);
    expect(await send(`${url}/completions`, undefined, { method: 'GET' })).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await send(url.replace('/v1', '/health'), undefined, { method: 'GET' })).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('a body above the limit is a 413, announced or not', async () => {
    const url = `${await serve(say, { bodyBytes: 2000 })}/completions`;
    const large = JSON.stringify({ model: 'tiny', prompt: 'x'.repeat(100_000) });
    expect(await send(url, large)).toMatchObject({ status: 413, body: { error: { message: expect.stringContaining('2000 bytes') } } });
    expect(await send(url, large, { headers: { 'transfer-encoding': 'chunked' } })).toMatchObject({ status: 413 });
    expect(await send(url, { model: 'tiny', prompt: 'a' })).toMatchObject({ status: 200 });
  });

  test('another host name is refused: a web page may have pointed its own name here', async () => {
    const url = await serve(say);
    expect(await send(`${url}/models`, undefined, { method: 'GET', headers: { host: 'evil.example:80' } })).toMatchObject({ status: 403 });
    expect(await send(`${url}/models`, undefined, { method: 'GET', headers: { host: 'localhost:80' } })).toMatchObject({ status: 200 });
  });

  test('ids and log-probabilities of a model that has none are refused, text is not', async () => {
    const url = `${await serve(scriptedModel(() => 'text only'))}/completions`;
    expect(await send(url, { model: 'tiny', prompt: 'a' })).toMatchObject({ status: 200, body: { choices: [{ text: 'text only' }] } });
    for (const wanted of [{ return_token_ids: true }, { logprobs: 0 }]) {
      expect(await send(url, { model: 'tiny', prompt: 'a', ...wanted })).toMatchObject({ status: 400 });
    }
  });
});

describe('many requests at once', () => {
  /** Says the request's seed. Counts its batches and how many run at the same time; they wait until `open` was called. */
  function gated(): Model & { readonly batches: number[]; readonly most: () => number; open(): void } {
    const batches: number[] = [];
    let [running, most, open] = [0, 0, (): void => undefined];
    const opened = new Promise<void>((resolve) => (open = resolve));
    const inner = scriptedModel((request) => String(request.seed), { tokenizer });
    return {
      ...inner,
      batches,
      most: () => most,
      open,
      async *complete(requests, options) {
        batches.push(requests.length);
        most = Math.max(most, ++running);
        await opened;
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        yield* inner.complete(requests, options);
      },
    };
  }

  /** A server whose first request runs and whose queue is full: of all those sent, one was refused. */
  async function full(model: ReturnType<typeof gated>, options: { readonly batchRows: number; readonly queueRows: number }) {
    const url = `${await serve(model, options)}/completions`;
    const clients: AbortController[] = [];
    const request = (seed: number): Promise<Answered> => {
      const { signal } = (clients[seed] = new AbortController());
      return send(url, { model: 'tiny', prompt: 'a', seed }, { signal });
    };
    const first = request(0);
    await until(() => model.batches.length === 1);
    const others = Array.from({ length: options.queueRows + 1 }, (_, at) => request(at + 1));
    const refused = await Promise.race(others);
    return { request, answers: Promise.allSettled([first, ...others]), refused, leave: () => clients.forEach((client) => client.abort()) };
  }

  test('are computed together, one batch at a time, each with its own answer', async () => {
    const model = gated();
    model.open();
    const remote = openAiModel({ baseUrl: await serve(model, { batchRows: 16 }), model: 'tiny', server: 'memtrain', tokenizer });
    const requests = Array.from({ length: 40 }, (_, seed) => ({ prompt: 'a', seed }));
    const results = await ask(remote, requests);
    expect(results.map((result) => (result as Completion).text)).toEqual(requests.map(({ seed }) => String(seed)));
    expect(model.most()).toBe(1);
    expect(Math.max(...model.batches)).toBeLessThanOrEqual(16);
    expect(model.batches.reduce((sum, rows) => sum + rows, 0)).toBe(40);
  });

  test('those that wait are the next batch; one beyond the queue is told to come back', async () => {
    const model = gated();
    const { answers, refused } = await full(model, { batchRows: 16, queueRows: 16 });
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    model.open();
    const settled = (await answers).map((answer, seed) => [seed, (answer as PromiseFulfilledResult<Answered>).value] as const);
    const answered = settled.filter(([, { status }]) => status !== 429);
    expect(answered).toHaveLength(17);
    for (const [seed, { body }] of answered) expect(body.choices[0].text).toBe(String(seed));
    expect(model.batches).toEqual([1, 16]);
  });

  test('a failed request spares the others of its batch; a model that throws is a 500 and the server goes on', async () => {
    const inner = scriptedModel((request) => (request.seed === 1 ? new Error('out of luck') : 'fine'), { tokenizer });
    const model: Model = {
      ...inner,
      async *complete(requests, options) {
        if (requests.some(({ seed }) => seed === 2)) throw new Error('the engine stumbled');
        yield* inner.complete(requests, options);
      },
    };
    const url = `${await serve(model)}/completions`;
    const both = await Promise.all([0, 1].map((seed) => send(url, { model: 'tiny', prompt: 'a', seed })));
    expect(both[0]).toMatchObject({ status: 200, body: { choices: [{ text: 'fine' }] } });
    expect(both[1]).toMatchObject({ status: 500, body: { error: { type: 'server_error', message: 'the model failed: out of luck' } } });
    expect(await send(url, { model: 'tiny', prompt: 'a', seed: 2 })).toMatchObject({
      status: 500,
      body: { error: { message: expect.stringContaining('stumbled') } },
    });
    expect(await send(url, { model: 'tiny', prompt: 'a', seed: 3 })).toMatchObject({ status: 200 });
  });

  test('a client that left while waiting costs nothing', async () => {
    const model = gated();
    const closed = jest.spyOn(ServerResponse.prototype, 'emit');
    const { request, answers, leave } = await full(model, { batchRows: 1, queueRows: 4 });
    leave();
    expect((await answers).filter(({ status }) => status === 'rejected')).toHaveLength(5);
    // The server learns of it from the closed connections; the refused request's is one of them.
    await until(() => closed.mock.calls.filter(([event]) => event === 'close').length >= 6);
    closed.mockRestore();
    model.open();
    // They are dropped when their turn comes.
    let late = await request(9);
    while (late.status === 429) late = await request(9);
    expect(late).toMatchObject({ body: { choices: [{ text: '9' }] } });
    expect(model.batches).toEqual([1, 1]);
  });

  test('closing ends what runs: those who wait get an error', async () => {
    const inner = scriptedModel([], { tokenizer });
    const running = new Promise<Answered>((resolve, reject) => {
      const model: Model = {
        ...inner,
        // oxlint-disable-next-line require-yield -- it waits for the end
        async *complete(_requests, { signal }) {
          setTimeout(() => void server.close());
          await new Promise((_, fail) => signal!.addEventListener('abort', () => fail(signal!.reason as Error)));
        },
      };
      let server: ModelServer;
      serveModel(model, { name: 'tiny' })
        .then((made) => send(`${(server = made).url}/completions`, { model: 'tiny', prompt: 'a' }))
        .then(resolve, reject);
    });
    expect(await running).toMatchObject({ status: 500, body: { error: { message: expect.stringContaining('the server was stopped') } } });
  });
});

test('an address in use is an error that says what to do', async () => {
  const url = new URL(await serve(scriptedModel([])));
  await expect(serveModel(scriptedModel([]), { name: 'tiny', port: Number(url.port) })).rejects.toMatchObject({
    code: 'not-available',
    message: expect.stringContaining('choose another --port'),
  });
});
