import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { rolloutMemTrain } from '@memtrain/agent';
import { readingEpisodes, searchEpisodes, serveOpenEnv } from '@memtrain/agent/openenv';
import type { OpenEnvServer } from '@memtrain/agent/openenv';
import { scriptedModel } from '@memtrain/policy/test';
import { connect } from './openenv-connect.ts';
import { entitiesOf, partsOf, textOf } from './small-world.ts';

const documents = [
  { id: 'a', chunks: ['e1 w1 [MASK]', 'e2 w2', 'w3'], gold: ['e7'] },
  { id: 'b', chunks: ['e3'], gold: ['e8'], problem: 'who is e3' },
];
const rewards = {
  recall: (answer: string | undefined, target: string) => (answer === target ? 1 : 0),
  endToEnd: (answer: string | undefined, gold: readonly string[], recalls: readonly number[]) => {
    const outcome = answer !== undefined && gold.includes(answer) ? 1 : 0;
    return { reward: outcome + 0.5 * recalls.reduce((sum, one) => sum + one, 0), outcome };
  },
};
const reading = { template: 'miniature', memoryTokens: 12, answerTokens: 3 } as const;

/** What the trainer's model says: copies, and knows the entities. */
const policy = (prompt: string): string => {
  const { memory, chunk = '', kind } = partsOf(prompt);
  if (kind === 'update') return `${memory} ${chunk}`;
  if (kind === 'answer') return 'e7';
  return (
    ['e1', 'e2'].find((entity) => memory.includes(entity) && !chunk.includes(entity) && chunk.includes(entity === 'e1' ? 'w1' : 'w2')) ?? ''
  );
};

describe('serveOpenEnv', () => {
  let server: OpenEnvServer;
  beforeAll(async () => {
    server = await serveOpenEnv({
      name: 'memtrain',
      episodes: readingEpisodes({ ...reading, documents, rewards, entitiesOf }),
      maxSessions: 3,
    });
  });
  afterAll(() => server.close());

  test('an episode over WebSocket: the prompts of a rollout, then the reward of equation 2', async () => {
    const client = await connect(server.url);
    let { data } = await client.send({ type: 'reset', data: { document: 'a', seed: 4 } });
    expect(data).toMatchObject({
      reward: null,
      done: false,
      observation: { step: 0, steps: 5, max_tokens: 12, chat: false, episode_id: 'ws-1-1' },
    });
    const prompts: string[] = [];
    while (data!['done'] === false) {
      const { prompt, messages } = data!['observation'] as { prompt: string; messages: unknown[] };
      expect(messages).toEqual([{ role: 'user', content: prompt }]);
      prompts.push(prompt);
      ({ data } = await client.send({ type: 'step', data: { text: policy(prompt) } }));
    }
    expect(data).toMatchObject({
      reward: 1.5,
      observation: { step: 5, answer: 'e7', end: 'answered', outcome: 1, recall: { reward: 1 }, memories: { length: 3 } },
    });
    const model = scriptedModel((_request, text) => policy(text));
    await rolloutMemTrain(model, documents.slice(0, 1), { ...reading, rewards, seed: 0, trajectories: 1, recallSamples: 0 });
    expect(prompts.slice(0, 4)).toEqual(model.requests.map(({ prompt }) => textOf(prompt)));
    expect(prompts[4]).toContain('[TARGET]');
    expect(await client.send({ type: 'state' })).toEqual({ type: 'state', data: { episode_id: 'ws-1-1', step_count: 5 } });
    // A question of its own has no recall; the same session serves episode after episode.
    ({ data } = await client.send({ type: 'reset', data: { document: 1, episode_id: 'mine' } }));
    expect(data).toMatchObject({ observation: { prompt: '<q> who is e3 <mem>  <chk> e3 <upd>', steps: 2, episode_id: 'mine' } });
    client.close();
  });

  test('the seed picks the document', async () => {
    const client = await connect(server.url);
    const first = async (seed: number): Promise<unknown> => (await client.send({ type: 'reset', data: { seed } })).data!['observation'];
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++) seen.add((await first(seed)) ? ((await first(seed)) as { prompt: string }).prompt : '');
    expect(seen.size).toBe(2);
    client.close();
  });

  test('wrong messages are told in the protocol, and the session goes on', async () => {
    const client = await connect(server.url);
    const codeOf = async (message: unknown): Promise<unknown> => (await client.send(message)).data!['code'];
    expect(await codeOf('{')).toBe('INVALID_JSON');
    expect(await codeOf({ type: 'dance' })).toBe('UNKNOWN_TYPE');
    expect(await codeOf({ type: 'step', data: { text: 'x' } })).toBe('EXECUTION_ERROR');
    expect(await codeOf({ type: 'reset', data: { document: 'z' } })).toBe('EXECUTION_ERROR');
    expect(await codeOf({ type: 'reset', data: { seed: -1 } })).toBe('VALIDATION_ERROR');
    expect((await client.send({ type: 'reset' })).type).toBe('observation');
    expect(await codeOf({ type: 'step', data: { words: 'x' } })).toBe('VALIDATION_ERROR');
    expect((await client.send({ type: 'step', data: { text: 'w1' } })).type).toBe('observation');
    void client.send({ type: 'close' });
    await client.closed;
  });

  test('one session too many is refused', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => connect(server.url)));
    const late = await connect(server.url);
    expect(await late.send(undefined)).toMatchObject({ type: 'error', data: { code: 'CAPACITY_REACHED' } });
    await late.closed;
    for (const client of clients) client.close();
    await Promise.all(clients.map(({ closed }) => closed));
  });

  test('the same over HTTP, with schemas and health', async () => {
    const get = async (path: string): Promise<unknown> => (await fetch(`${server.url}${path}`)).json();
    const post = async (path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
      const response = await fetch(`${server.url}${path}`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    expect(await get('/health')).toEqual({ status: 'healthy' });
    expect(await get('/metadata')).toMatchObject({ name: 'memtrain' });
    expect(await get('/schema')).toMatchObject({
      action: { required: ['text'] },
      observation: { type: 'object' },
      state: { type: 'object' },
    });
    const { body } = await post('/reset', { document: 1 });
    const { episode_id } = body['observation'] as { episode_id: string };
    await post('/step', { episode_id, action: { text: 'e3' } });
    expect(await post('/step', { episode_id, action: { text: 'e8', finish: 'stop' } })).toMatchObject({
      status: 200,
      body: { done: true, reward: 1 },
    });
    expect(await get(`/state?episode_id=${episode_id}`)).toEqual({ episode_id, step_count: 2 });
    expect(await post('/step', { episode_id: 'x', action: { text: '' } })).toMatchObject({ status: 400 });
    expect(await post('/step', { action: {} })).toMatchObject({ status: 422 });
    expect(await post('/reset', '{')).toMatchObject({ status: 422 });
    expect((await post('/dance', {})).status).toBe(404);
    for (let i = 0; i < 3; i++) await post('/reset', {});
    expect(await post('/step', { episode_id, action: { text: '' } })).toMatchObject({ status: 400 });
  });
});

test('a search as an episode', async () => {
  const questions = [{ id: 'q', question: 'Where was Anna born?', gold: ['Rome'] }];
  const episodes = searchEpisodes({
    questions,
    retriever: (query) => [{ text: `${query} was born in Rome.` }],
    reward: (answer, gold) => (answer !== undefined && gold.includes(answer) ? 1 : 0),
  });
  const server = await serveOpenEnv({ name: 'search', episodes });
  const client = await connect(server.url);
  const first = await client.send({ type: 'reset', data: { question: 'q' } });
  expect(first.data).toMatchObject({ observation: { chat: true, steps: 6, stop: ['</search>', '</answer>'] } });
  const second = await client.send({ type: 'step', data: { text: '<state>s</state><search>Anna' } });
  expect((second.data!['observation'] as { prompt: string }).prompt).toContain('Anna was born in Rome.');
  expect((await client.send({ type: 'step', data: { text: '<answer>Rome' } })).data).toMatchObject({ done: true, reward: 1 });
  await server.close();
  await client.closed;
});

// Importing openenv takes long on a busy machine.
jest.setTimeout(180_000);
const python = process.env['MEMTRAIN_OPENENV_PYTHON'];

(python === undefined ? test.skip : test)("PyPI's client (set MEMTRAIN_OPENENV_PYTHON to a Python that has openenv-core)", async () => {
  const serverFile = fileURLToPath(new URL('./openenv-server.ts', import.meta.url));
  const clientFile = fileURLToPath(new URL('./openenv-client.py', import.meta.url));
  const server = spawn(process.execPath, ['--conditions=@memtrain/source', '--import', 'tsx', serverFile]);
  try {
    const url = await new Promise<string>((resolve) => server.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())));
    const { stdout } = await promisify(execFile)(python!, [clientFile, url]);
    const end = { prompts: 3, end: 'answered' };
    expect(JSON.parse(stdout)).toEqual({
      episodes: [
        { ...end, reward: 1, answer: 'e7' },
        { ...end, reward: 0, answer: 'w2' },
        { ...end, reward: 0, answer: 'w2' },
      ],
      state: { episode_id: 'mine', step_count: 3 },
      refused: 'Server error: there is no episode in progress: call reset (code: EXECUTION_ERROR)',
      health: { status: 'healthy' },
      schema: ['action', 'observation', 'state'],
    });
  } finally {
    server.kill();
  }
});
