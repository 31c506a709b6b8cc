import type { IncomingMessage } from 'node:http';

const isLoopback = (name: string): boolean => /^(?:localhost|\[?::1\]?|127(?:\.\d+){3})$/i.test(name);

/**
 * Why a server that listens on `bound` refuses this request, if it does. Web pages can reach servers of the machine that they are shown on:
 * by pointing a name of their own at it, and, over WebSocket, directly; then their browser names them as the origin.
 */
export function refusedRequest({ headers }: IncomingMessage, bound: string): string | undefined {
  const { host = '', origin } = headers;
  const name = host.replace(/:\d+$/, '');
  if (isLoopback(bound) && !isLoopback(name)) return `the server does not answer to the name "${name}": use 127.0.0.1 or localhost`;
  if (origin === undefined || origin.replace(/^https?:\/\//, '') === host) return undefined;
  return `the server does not answer to web pages of ${origin}`;
}
