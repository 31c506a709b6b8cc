import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/** Whether an address, or a name without its port, is this machine's own. */
export function isLoopback(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || /^127(\.\d+){3}$/.test(host);
}

/**
 * Throws `HttpError` (403) for a request to a loopback server under another name: a web page may point a name of its own at this machine,
 * and then read what the server says.
 */
export function requireLoopbackName(request: IncomingMessage): void {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (!isLoopback(name)) throw new HttpError(403, `the server does not answer to the name "${name}": use 127.0.0.1 or localhost`);
}
