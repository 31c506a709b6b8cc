import type OpenAI from 'openai';
import { PolicyError } from '../errors.ts';
import { fieldOf } from './read-completion.ts';

export interface FailureContext {
  readonly client: OpenAI;
  readonly path: string;
  readonly attempts: number;
  readonly redact: (text: string) => string;
}

/** The client's own error classes: it may come from another copy of the package. */
export function errorClasses(client: OpenAI): typeof OpenAI {
  return client.constructor as typeof OpenAI;
}

/**
 * What went wrong, as a `PolicyError` without the client's own error in it: that one holds headers and the server's words, and a
 * server may repeat the key.
 */
export function failureOf(error: unknown, { client, path, attempts, redact }: FailureContext): PolicyError {
  const own = [error, fieldOf(error, 'cause')].find((each) => PolicyError.isInstance(each));
  if (own) return new PolicyError(own.code, redact(own.message));
  const { origin, pathname } = new URL(client.baseURL);
  const where = `POST ${origin}${pathname.replace(/\/$/, '')}${path}`;
  const make = (code: 'timeout' | 'request-failed' | 'bad-response', what: string): PolicyError =>
    new PolicyError(code, redact(`${where}: ${what}`));
  const { APIConnectionError, APIConnectionTimeoutError, APIError } = errorClasses(client);
  const tries = `after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  if (error instanceof APIConnectionTimeoutError) {
    return make('timeout', `no whole answer within ${client.timeout} ms ${tries}: raise timeoutMs, or lower concurrency`);
  }
  if (error instanceof APIConnectionError) {
    return make('request-failed', `the connection failed ${tries} (${reasonsOf(error)}): is the server up, and is this its address?`);
  }
  if (error instanceof APIError && error.status !== undefined) {
    const said = shorten(error.message.replace(/^\d+ /, ''));
    return make('request-failed', `status ${error.status} ${tries} (${said})${hints[error.status] ?? ''}`);
  }
  if (error instanceof SyntaxError || fieldOf(error, 'name') === 'SyntaxError') {
    return make('bad-response', 'the answer is not JSON: is it an OpenAI-compatible server?');
  }
  return make('request-failed', shorten(reasonsOf(error)));
}

const hints: Readonly<Record<number, string>> = {
  401: ': check the key',
  403: ': check what the key may do',
  404: ': check baseUrl and the model name',
  429: ': the server is too busy; lower concurrency',
};

/** The messages of an error and of what caused it. */
function reasonsOf(error: unknown): string {
  const reasons: string[] = [];
  for (let at = error; at !== undefined && at !== null && reasons.length < 4; at = fieldOf(at, 'cause')) {
    const message = fieldOf(at, 'message');
    const code = fieldOf(at, 'code');
    reasons.push([typeof message === 'string' ? message : '', typeof code === 'string' ? code : ''].filter(Boolean).join(' '));
  }
  return reasons.filter(Boolean).join(': ');
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}...` : line;
}
