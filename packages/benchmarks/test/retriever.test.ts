import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { httpRetriever, search } from '@memtrain/agent';
import type { RetrievedPassage } from '@memtrain/agent';
import { memoryServer } from '@memtrain/agent/mcp';
import { scriptedModel } from '@memtrain/policy/test';
import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { serveRetriever } from '../src/index.ts';
import type { BatchRetriever, RetrieverServer, ServeRetrieverOptions } from '../src/index.ts';
import { until } from './support/until.ts';

const corpus: readonly RetrievedPassage[] = [
  { id: '1', title: 'Anna', text: 'Anna was born in Rome.', score: 3 },
  { id: '2', title: 'Rome', text: 'Rome is the capital of Italy.\nIt is old.', score: 2 },
  { id: '3', text: 'Italy joined in 1958.', score: 1 },
];
const holding = (query: string): RetrievedPassage[] => corpus.filter(({ text }) => text.includes(query));
const rows = [
  { id: '1', contents: '"Anna"\nAnna was born in Rome.' },
  { id: '2', contents: '"Rome"\nRome is the capital of Italy.\nIt is old.' },
  { id: '3', contents: '""\nItaly joined in 1958.' },
];

const servers: RetrieverServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
async function serve(retriever: Parameters<typeof serveRetriever>[0], options: ServeRetrieverOptions = {}): Promise<string> {
  const server = await serveRetriever(retriever, { graceMilliseconds: 500, ...options });
  servers.push(server);
  return server.url;
}
const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
/** How many more requests the server would take. */
const available = async (url: string): Promise<number> =>
  ((await (await fetch(`${url}/health`)).json()) as { retrievers: { available: number } }).retrievers.available;

describe('the protocols', () => {
  test('/retrieve answers each query with documents and scores, or with the bare rows', async () => {
    const url = await serve(holding);
    const scored = await post(`${url}/retrieve`, { queries: ['Rome', 'nothing', 'Italy'], topk: 2, return_scores: true });
    expect(await scored.json()).toEqual({
      result: [
        [
          { document: rows[0], score: 3 },
          { document: rows[1], score: 2 },
        ],
        [],
        [
          { document: rows[1], score: 2 },
          { document: rows[2], score: 1 },
        ],
      ],
    });
    expect(await (await post(`${url}/retrieve`, { queries: ['Rome'], topk: null })).json()).toEqual({ result: [[rows[0], rows[1]]] });
    expect(await (await post(`${url}/retrieve`, { queries: [] })).json()).toEqual({ result: [] });
  });

  test('/search and /batch_search answer with rows, and with scores beside them', async () => {
    const url = await serve(holding);
    const ask = async (path: string, body: object): Promise<unknown> => (await post(url + path, body)).json();
    expect(await ask('/search', { query: 'Rome', top_n: 1 })).toEqual([rows[0]]);
    expect(await ask('/search', { query: 'Italy', return_score: true })).toEqual([rows.slice(1), [2, 1]]);
    expect(await ask('/batch_search', { query: ['Rome', 'Italy'], top_n: 1 })).toEqual([[rows[0]], [rows[1]]]);
    expect(await ask('/batch_search', { query: ['Italy'], return_score: true })).toEqual([[rows.slice(1)], [[2, 1]]]);
  });

  test('/health says how many requests could come, and what the server holds', async () => {
    const url = await serve(holding, { requests: 7, about: { passages: 3 } });
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'healthy', retrievers: { total: 7, available: 7 }, passages: 3 });
  });
});

describe('its clients', () => {
  test("the agent's httpRetriever gets back what the retriever found", async () => {
    const found = await httpRetriever(await serve(holding))('Rome', { topK: 5 });
    expect(found).toEqual(corpus.slice(0, 2));
  });

  test('an agent with a scripted model searches, and answers from what it found', async () => {
    const model = scriptedModel((_request, prompt, call) => {
      if (call === 0) return '<state>who?</state><search>born in</search>';
      const [, city = 'nowhere'] = /born in (\w+)\./.exec(prompt) ?? [];
      return call === 1 ? `<state>${city}</state><search>capital of Italy</search>` : '<state>done</state><answer>Rome</answer>';
    });
    const found = await search(model, 'Where was Anna born?', { retriever: await serve(holding) });
    expect(found).toMatchObject({ answer: 'Rome', end: 'answered' });
    expect(found.turns.map(({ query }) => query)).toEqual(['born in', 'capital of Italy', undefined]);
    expect(JSON.stringify(model.requests[1]!.prompt)).toContain('Doc 1(Title: Anna) Anna was born in Rome.');
  });

  test('an MCP client finds passages through the search_corpus tool', async () => {
    const mcp = memoryServer({ model: scriptedModel([]), retriever: await serve(holding) });
    const client = new Client({ name: 'test', version: '1.0.0' });
    const [here, there] = InMemoryTransport.createLinkedPair();
    await Promise.all([mcp.connect(there), client.connect(here)]);
    const { content } = await client.callTool({ name: 'search_corpus', arguments: { query: 'Rome', topK: 1 } });
    expect(content).toEqual([{ type: 'text', text: '1. Anna: Anna was born in Rome.' }]);
    await client.close();
  });
});

describe('batches', () => {
  test('queries of requests that arrive together share calls, and each gets its own passages', async () => {
    const sizes: number[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const retriever: BatchRetriever = {
      async batch(queries, { topK }) {
        sizes.push(queries.length);
        await gate;
        return queries.map((query) => Array.from({ length: topK }, (_, i) => ({ text: `${query}/${i}` })));
      },
    };
    const url = await serve(retriever, { batchQueries: 8 });
    const retrieve = httpRetriever(url, { concurrency: 64 });
    const asked = Promise.all(Array.from({ length: 64 }, async (_, i) => retrieve(`q${i}`, { topK: 2 })));
    await until(async () => (await available(url)) === 256 - 64);
    open();
    const answers = await asked;
    expect(answers.map((passages) => passages.map(({ text }) => text))).toEqual(
      Array.from({ length: 64 }, (_, i) => [`q${i}/0`, `q${i}/1`]),
    );
    // The first call may have begun with any part of the first eight.
    expect(sizes.slice(1, -1).every((size) => size === 8)).toBe(true);
    expect(sizes.length).toBeLessThanOrEqual(9);
  });

  test('any mixture of requests gets what each would get alone', async () => {
    const retriever: BatchRetriever = {
      batch: (queries, { topK }) => queries.map((query) => Array.from({ length: topK }, (_, i) => ({ text: `${query} ${i} of ${topK}` }))),
    };
    const url = await serve(retriever, { batchQueries: 3 });
    const asked = fc.record({ queries: fc.array(fc.string(), { maxLength: 5 }), topk: fc.integer({ min: 1, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 6 }), async (bodies) => {
        const answers = await Promise.all(bodies.map(async (body) => (await post(`${url}/retrieve`, body)).json()));
        expect(answers).toEqual(
          bodies.map(({ queries, topk }) => ({
            result: queries.map((query) => Array.from({ length: topk }, (_, i) => ({ id: '', contents: `""\n${query} ${i} of ${topk}` }))),
          })),
        );
      }),
      { numRuns: 25 },
    );
  });

  test('a query that fails is the failure of its own request only, and is told to the operator', async () => {
    const errors: unknown[] = [];
    const url = await serve((query) => (query === 'bad' ? Promise.reject(new Error('secret path')) : holding(query)), {
      onError: (error) => errors.push((error as Error).message),
    });
    const [bad, good] = await Promise.all([post(`${url}/search`, { query: 'bad' }), post(`${url}/search`, { query: 'Italy' })]);
    expect([bad.status, good.status]).toEqual([500, 200]);
    expect(JSON.stringify(await bad.json())).not.toContain('secret');
    expect(errors).toEqual(['secret path']);
    const wrong = await post(`${await serve({ batch: () => [] }, { onError: (error) => errors.push(error) })}/search`, { query: 'x' });
    expect(wrong.status).toBe(500);
    expect(String(errors[1])).toContain('one list of passages a query');
  });
});

describe('limits', () => {
  test.each<[string, unknown, number, string]>([
    ['/retrieve', { queries: ['a'], topk: 11 }, 422, 'topk: '],
    ['/retrieve', { queries: ['a'], topk: 0 }, 422, 'topk: '],
    ['/retrieve', { queries: 'a' }, 422, 'queries: '],
    ['/retrieve', { queries: ['a', 7] }, 422, 'queries.1: '],
    ['/retrieve', { queries: Array(6).fill('a') }, 422, 'queries: '],
    ['/retrieve', { queries: ['a'.repeat(31)] }, 422, 'queries.0: '],
    ['/retrieve', [], 422, 'the body must be a JSON object'],
    ['/retrieve', '{"queries"', 400, 'the body is not JSON'],
    ['/retrieve', { queries: ['a'.repeat(100)] }, 413, 'larger than 100 bytes'],
    ['/search', { query: ' ' }, 422, 'query: it must not be empty'],
    ['/batch_search', { query: 'a' }, 422, 'query: '],
    ['/elsewhere', {}, 404, 'use /retrieve'],
    ['/constructor', {}, 404, 'use /retrieve'],
    ['/health', {}, 405, 'takes GET'],
  ])('%s %j is refused with %i and says why', async (path, body, status, detail) => {
    const url = await serve(holding, { mostPassages: 10, queriesPerRequest: 5, queryCharacters: 30, bodyBytes: 100 });
    const response = await post(url + path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ detail: expect.stringContaining(detail) });
  });

  test('what is more than the server holds at a time is refused with 503 and Retry-After, and the rest is answered', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let searching = false;
    const retriever = async (): Promise<[]> => ((searching = true), await gate, []);
    const url = await serve(retriever, { requests: 2, calls: 1, queriesPerRequest: 2, queuedQueries: 3 });
    const first = post(`${url}/retrieve`, { queries: ['a', 'b'] });
    await until(() => searching);
    const tooMany = await post(`${url}/retrieve`, { queries: ['c', 'd'] });
    expect([tooMany.status, tooMany.headers.get('retry-after')]).toEqual([503, '1']);
    const second = post(`${url}/retrieve`, { queries: ['c'] });
    await until(async () => (await available(url)) === 0);
    const third = await post(`${url}/retrieve`, { queries: ['d'] });
    expect(third.status).toBe(503);
    expect(await third.json()).toEqual({ detail: expect.stringContaining('2 requests are in work') });
    expect(await available(url)).toBe(0);
    open();
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200]);
    expect((await post(`${url}/retrieve`, { queries: ['d'] })).status).toBe(200);
  });

  test('queries of a client that left are not searched', async () => {
    const asked: string[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const url = await serve(async (query) => (asked.push(query), await gate, []), { calls: 1 });
    const first = post(`${url}/search`, { query: 'first' });
    await until(() => asked.length === 1);
    const controller = new AbortController();
    const left = fetch(`${url}/search`, { method: 'POST', body: '{"query":"left"}', signal: controller.signal });
    await until(async () => (await available(url)) === 254);
    controller.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    // So many rounds of the event loop later the server knows of the closed connection.
    for (let round = 0; round < 10; round++) await available(url);
    open();
    await first;
    await post(`${url}/search`, { query: 'last' });
    expect(asked).toEqual(['first', 'last']);
  });

  test('a page that gives this machine a name of its own is refused', async () => {
    const { port } = new URL(await serve(holding));
    const status = await new Promise((resolve) => {
      request({ port, path: '/health', headers: { host: 'evil.example' } }, (response) => resolve(response.resume().statusCode)).end();
    });
    expect(status).toBe(403);
  });

  test('limits that cannot be, and an address in use, are errors before anything is served', async () => {
    await expect(serveRetriever(holding, { topK: 0 })).rejects.toMatchObject({
      code: 'bad-options',
      message: expect.stringContaining('topK'),
    });
    const { port } = new URL(await serve(holding));
    await expect(serveRetriever(holding, { port: Number(port) })).rejects.toMatchObject({
      code: 'bad-options',
      message: expect.stringContaining('choose another port'),
    });
  });
});

describe('closing', () => {
  test('requests in work are answered, later ones are refused, and idle connections do not hold it up', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let searching = false;
    const retriever = async (query: string): Promise<readonly RetrievedPassage[]> => ((searching = true), await gate, holding(query));
    // So long a grace would be the test's time-out.
    const server = await serveRetriever(retriever, { graceMilliseconds: 600_000 });
    await (await fetch(`${server.url}/health`)).json();
    const answer = post(`${server.url}/search`, { query: 'Italy' });
    await until(() => searching);
    const closed = server.close();
    open();
    expect((await answer).status).toBe(200);
    await closed;
    await expect(fetch(`${server.url}/health`)).rejects.toThrow('fetch failed');
  });

  test('a connection that never ends its request is cut after the time of grace', async () => {
    const server = await serveRetriever(holding, { graceMilliseconds: 100 });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const ended = new Promise((resolve) => socket.on('close', resolve).on('error', () => undefined));
    socket.write('POST /search HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{');
    await until(async () => (await available(server.url)) === 255);
    await server.close();
    await ended;
  });
});
