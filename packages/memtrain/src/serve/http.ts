import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';

/** The request's body as JSON. Throws `ApiError`: 413 above `most` bytes, 400 for what is not JSON. */
export async function readJsonBody(request: IncomingMessage, most: number): Promise<unknown> {
  const tooLarge = (): ApiError =>
    new ApiError(413, `the body is larger than ${most} bytes: send less, or start the server with a larger limit`, {
      headers: { connection: 'close' },
    });
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge();
  const parts: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not destroy the connection, over which the error has still to go.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most) throw tooLarge();
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch (error) {
    throw new ApiError(400, `the body is not JSON: ${(error as Error).message}`);
  }
}

export function sendJson(response: ServerResponse, status: number, value: object, headers: Readonly<Record<string, string>> = {}): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

export function isLoopback(host: string): boolean {
  return loopbackNames.has(host) || /^127(\.\d+){3}$/.test(host);
}

/**
 * Throws `ApiError` (403) for a request to a loopback server under another name: a web page may point a name of its own at this machine,
 * and then read what the server says.
 */
export function requireLoopbackName(request: IncomingMessage): void {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (!isLoopback(name)) throw new ApiError(403, `the server does not answer to the name "${name}": use 127.0.0.1 or localhost`);
}
