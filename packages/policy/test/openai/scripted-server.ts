import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it freely
  readonly body: any;
  /** Milliseconds since the process began. */
  readonly at: number;
}

export type Reply = (response: ServerResponse, request: SeenRequest, call: number) => void;

export interface ScriptedServer {
  readonly baseUrl: string;
  readonly seen: SeenRequest[];
  /** Most requests that were open at once. */
  readonly busiest: () => number;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server on loopback that answers by a function; closed after the test. */
export async function scriptedServer(reply: Reply): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  let open = 0;
  let busiest = 0;
  const server = createServer((request, response) => {
    busiest = Math.max(busiest, ++open);
    response.on('close', () => open--);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const arrived = { path: request.url!, headers: request.headers, body: text ? JSON.parse(text) : undefined, at: performance.now() };
      reply(response, arrived, seen.push(arrived) - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen, busiest: () => busiest };
}

/** Sends a value as JSON. */
export function sendJson(
  response: ServerResponse,
  value: unknown,
  options: { status?: number; headers?: Record<string, string> } = {},
): void {
  response.writeHead(options.status ?? 200, { 'content-type': 'application/json', ...options.headers });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A chat response. */
export function chatAnswer(content: string | null, more: object = {}): object {
  return { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', ...more }] };
}

/** A completions response as vLLM gives it with `return_token_ids`. */
export function tokenAnswer(text: string, ids: readonly unknown[], logprobs: readonly unknown[] | null, more: object = {}): object {
  return {
    choices: [
      { index: 0, text, finish_reason: 'stop', token_ids: ids, logprobs: logprobs && { tokens: [], token_logprobs: logprobs }, ...more },
    ],
  };
}
