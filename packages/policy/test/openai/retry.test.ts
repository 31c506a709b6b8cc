import { expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { pause, retryWait } from '../../src/openai/retry.ts';

const client = new OpenAI({ apiKey: 'none' });
const refused = (status: number, headers: Record<string, string> = {}): Error =>
  OpenAI.APIError.generate(status, {}, 'refused', new Headers(headers));
const waitsAfter = (error: unknown, attempt = 0): (number | undefined)[] =>
  Array.from({ length: 50 }, (_, spread) => retryWait(error, { client, attempt, spread }));

test('without advice the wait doubles from half a second to 8, less up to a half, and differs from request to request', () => {
  for (const [attempt, most] of [500, 1000, 2000, 4000, 8000, 8000].entries()) {
    const waits = waitsAfter(refused(503), attempt) as number[];
    expect(Math.max(...waits)).toBeLessThanOrEqual(most);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(most / 2);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(most / 4);
    expect(waitsAfter(refused(503), attempt)).toEqual(waits);
  }
});

test.each([
  [{ 'retry-after': '2' }, 2000],
  [{ 'retry-after-ms': '30' }, 30],
  [{ 'retry-after': '60' }, 60_000],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
])('%j is kept to, and up to a quarter is added', (headers, least) => {
  const waits = waitsAfter(refused(429, headers)) as number[];
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(least);
  expect(Math.max(...waits)).toBeLessThanOrEqual(least * 1.25);
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThanOrEqual(least / 8);
});

test.each([
  ['too long a wait', refused(429, { 'retry-after': '61' })],
  ['a refusal', refused(400)],
  ['a server that advises against it', refused(503, { 'x-should-retry': 'false' })],
  ['an abort', new OpenAI.APIUserAbortError()],
  ['any other error', new Error('a bug')],
])('no other try after %s', (_name, error) => {
  expect(waitsAfter(error).every((wait) => wait === undefined)).toBe(true);
});

test.each([408, 409, 429, 500, 503])('another try after %d, a lost connection and a timeout', (status) => {
  for (const error of [refused(status), new OpenAI.APIConnectionError({}), new OpenAI.APIConnectionTimeoutError()]) {
    expect(waitsAfter(error).every((wait) => wait !== undefined)).toBe(true);
  }
});

test('a pause ends with the abort of its signal', async () => {
  const controller = new AbortController();
  const paused = pause(3_600_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(paused).rejects.toThrow('enough');
  await expect(pause(3_600_000, controller.signal)).rejects.toThrow('enough');
});
