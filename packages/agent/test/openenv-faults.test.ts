import { get } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { serveOpenEnv } from '@memtrain/agent/openenv';
import { WebSocket } from 'ws';
import { connect } from './openenv-connect.ts';

test('a port that is taken is an error that says so', async () => {
  const episodes = (): never => {
    throw new Error('no episodes');
  };
  const first = await serveOpenEnv({ name: 'first', episodes });
  const port = Number(new URL(first.url).port);
  await expect(serveOpenEnv({ name: 'second', episodes, port })).rejects.toMatchObject({
    code: 'bad-options',
    message: expect.stringMatching(/cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*; give another host or port/),
  });
  await first.close();
});

test('a reward that is no number, and details that are no JSON, reach no trainer as a reward', async () => {
  const last = { reward: 1, details: {} as Record<string, unknown> };
  const episode = {
    id: 'x',
    steps: 1,
    *run() {
      yield { prompt: 'x', seed: 0 };
      return last;
    },
  };
  const server = await serveOpenEnv({ name: 'odd', episodes: () => episode });
  const step = { action: { text: 'reply' }, episode_id: 'mine' };
  const post = async (): Promise<[number, string]> => {
    await fetch(`${server.url}/reset`, { method: 'POST', body: '{"episode_id": "mine"}' });
    const response = await fetch(`${server.url}/step`, { method: 'POST', body: JSON.stringify(step) });
    return [response.status, await response.text()];
  };
  expect((await post())[0]).toBe(200);
  last.reward = NaN;
  expect(await post()).toEqual([400, expect.stringContaining('the reward is NaN: it must be a finite number')]);
  const client = await connect(server.url);
  await client.send({ type: 'reset' });
  expect(await client.send({ type: 'step', data: step.action })).toMatchObject({ type: 'error', data: { code: 'EXECUTION_ERROR' } });
  last.reward = 1;
  last.details['loop'] = last;
  expect((await post())[0]).toBe(400);
  await client.send({ type: 'reset' });
  void client.send({ type: 'step', data: step.action });
  await client.closed;
  await server.close();
});

describe('web pages', () => {
  const episodes = (): never => {
    throw new Error('no episodes');
  };
  type Headers = Readonly<Record<string, string>>;
  const statusOf = (url: string, headers: Headers): Promise<number | undefined> =>
    new Promise((resolve, reject) =>
      get(`${url}/health`, { headers }, (response) => resolve(response.resume().statusCode)).on('error', reject),
    );
  /** What the handshake ends with. */
  const handshake = (url: string, headers: Headers): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers });
      socket.on('unexpected-response', (_request, response) => resolve(response.resume().statusCode));
      socket.on('open', () => resolve(101)).on('error', reject);
    });

  test('cannot reach a server on loopback, by a name of their own or from their own origin', async () => {
    const server = await serveOpenEnv({ name: 'local', episodes });
    const { host, port } = new URL(server.url);
    const own: Headers[] = [{}, { host: `localhost:${port}` }, { host: `[::1]:${port}` }, { origin: `http://${host}` }];
    for (const headers of own) expect([await statusOf(server.url, headers), await handshake(server.url, headers)]).toEqual([200, 101]);
    const rebound = `127.0.0.1.evil.example:${port}`;
    const foreign: Headers[] = [
      { host: `evil.example:${port}` },
      { host: rebound, origin: `http://${rebound}` },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ];
    for (const headers of foreign) expect([await statusOf(server.url, headers), await handshake(server.url, headers)]).toEqual([403, 403]);
    await server.close();
  });

  test('a server for other machines has many names, and still no foreign pages', async () => {
    const server = await serveOpenEnv({ name: 'open', episodes, host: '0.0.0.0' });
    const url = server.url.replace('0.0.0.0', '127.0.0.1');
    expect(await handshake(url, { host: 'trainer.internal' })).toBe(101);
    expect(await handshake(url, { host: 'trainer.internal', origin: 'https://trainer.internal' })).toBe(101);
    expect(await handshake(url, { host: 'trainer.internal', origin: 'https://evil.example' })).toBe(403);
    await server.close();
  });
});
