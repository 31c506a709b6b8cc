import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { TrackioSender } from '../src/run/trackio.ts';
import { until } from './support/until.ts';

interface Call {
  readonly url: string | undefined;
  readonly token: unknown;
  readonly logs: readonly { readonly step: number; readonly log_id: string; readonly metrics: Record<string, number> }[];
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Answers as trackio does; the first `failures` calls with an error. */
async function trackioServer(failures: number): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as { kwargs: { logs: Call['logs'] } };
      calls.push({ url: request.url, token: request.headers['x-trackio-write-token'], logs: body.kwargs.logs });
      const failed = calls.length <= failures;
      response.writeHead(failed ? 401 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(failed ? { error: 'A write_token is required' } : { data: null }));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

describe('TrackioSender', () => {
  test('sends every step once, with project, run, step and token', async () => {
    const { url, calls } = await trackioServer(0);
    const errors: Error[] = [];
    const sender = new TrackioSender({ url, project: 'memtrain', run: 'first', writeToken: 'secret' }, (error) => errors.push(error));
    for (let step = 1; step <= 20; step++) sender.add({ step, metrics: { reward: step / 20 } });
    await sender.close();
    expect(errors).toEqual([]);
    const logs = calls.flatMap((call) => call.logs);
    expect(logs.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(logs[4]).toEqual({ project: 'memtrain', run: 'first', metrics: { reward: 0.25 }, step: 5, log_id: 'first/5' });
    expect(calls[0]).toMatchObject({ url: '/api/bulk_log', token: 'secret' });
  });

  test('a server that refuses is told of once, and loses nothing once it answers', async () => {
    const { url, calls } = await trackioServer(2);
    const errors: string[] = [];
    const sender = new TrackioSender({ url, project: 'memtrain', run: 'r' }, (error) => errors.push(error.message));
    for (const step of [1, 2]) {
      sender.add({ step, metrics: {} });
      await until(() => calls.length === step && errors.length === 1);
    }
    sender.add({ step: 3, metrics: {} });
    await sender.close();
    expect(errors).toEqual([expect.stringMatching(/it answered 401 "A write_token is required"; they stay in metrics.jsonl/)]);
    expect(calls.at(-1)!.logs.map(({ step }) => step)).toEqual([1, 2, 3]);
  });

  test('no server: training goes on, and close returns', async () => {
    const errors: string[] = [];
    const sender = new TrackioSender({ url: 'http://127.0.0.1:9', project: 'memtrain', run: 'r' }, (error) => errors.push(error.message));
    sender.add({ step: 1, metrics: {} });
    await sender.close();
    expect(errors).toHaveLength(1);
  });
});
