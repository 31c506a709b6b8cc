import { expect, test } from '@jest/globals';
import { serveOpenEnv } from '@memtrain/agent/openenv';
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
