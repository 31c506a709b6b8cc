import OpenAI from 'openai';
import { PolicyError } from '../errors.ts';

/** Where the key comes from: an environment variable by name, or a function that is asked before every request. */
export type ApiKeySource = { readonly env: string } | (() => string | Promise<string>);

export interface ConnectOptions {
  readonly client?: OpenAI;
  readonly baseUrl?: string;
  readonly apiKey?: ApiKeySource;
  readonly timeoutMs?: number;
  readonly maxRetries?: number;
}

/** A client, and what takes its keys out of a text. */
export interface Connection {
  readonly client: OpenAI;
  readonly redact: (text: string) => string;
}

/** Milliseconds; a longer timer fires at once. */
const longestTimer = 2 ** 31 - 1;

/** A client whose time limit covers the body of an answer too. Throws `PolicyError`: `bad-options`, `no-api-key`. */
export function connect(options: ConnectOptions): Connection {
  const { client: given, baseUrl, apiKey, timeoutMs, maxRetries } = options;
  for (const [name, value, least] of [
    ['timeoutMs', timeoutMs, 1],
    ['maxRetries', maxRetries, 0],
  ] as const) {
    if (value !== undefined && (!Number.isInteger(value) || value < least || value > longestTimer)) {
      throw new PolicyError('bad-options', `${name} is ${value}: give a whole number from ${least} to ${longestTimer}`);
    }
  }
  if (given) {
    if (baseUrl !== undefined || apiKey !== undefined) {
      throw new PolicyError('bad-options', 'a client brings its own address and key: leave out baseUrl and apiKey, or the client');
    }
    const changed = { ...(timeoutMs !== undefined && { timeout: timeoutMs }), ...(maxRetries !== undefined && { maxRetries }) };
    const client = given.withOptions({ ...changed, fetch: wholeAnswers(given['fetch']) });
    return { client, redact: (text) => redactAll(text, [client.apiKey, client.adminAPIKey, given.apiKey]) };
  }
  const seen = new Set<string>();
  const key = keyReader(apiKey ?? (baseUrl === undefined ? { env: 'OPENAI_API_KEY' } : undefined), seen);
  const client = new OpenAI({
    ...(baseUrl !== undefined && { baseURL: checkedUrl(baseUrl) }),
    // Keys that were not asked for must not travel to whatever address was given.
    apiKey: key ?? 'none',
    adminAPIKey: null,
    ...(baseUrl !== undefined && { organization: null, project: null }),
    ...(!key && { defaultHeaders: { Authorization: null } }),
    timeout: timeoutMs ?? 300_000,
    maxRetries: maxRetries ?? 4,
    fetch: wholeAnswers(globalThis.fetch),
    logLevel: 'off',
  });
  checkedUrl(client.baseURL);
  return { client, redact: (text) => redactAll(text, seen) };
}

function redactAll(text: string, secrets: Iterable<string | null>): string {
  let clean = text;
  for (const secret of secrets) if (secret) clean = clean.replaceAll(secret, '[key]');
  return clean;
}

function checkedUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new PolicyError('bad-options', 'the endpoint has no http address: give baseUrl as http://127.0.0.1:8000/v1');
  }
  if (url.username || url.password) throw new PolicyError('bad-options', 'baseUrl holds a password: take it out, and pass it as apiKey');
  return baseUrl;
}

/** A function that gives the key and remembers it for redaction; undefined when there is none to be sent. */
function keyReader(source: ApiKeySource | undefined, seen: Set<string>): (() => Promise<string>) | undefined {
  if (!source) return undefined;
  const check = (value: unknown, from: string): string => {
    const key = typeof value === 'string' ? value.trim() : '';
    // Anything else would be refused as a header, with a message that shows it.
    if (!/^[\x21-\x7e]+$/.test(key)) {
      throw new PolicyError('no-api-key', `${from} is no API key: set it, or pass only baseUrl for a server that needs none`);
    }
    seen.add(key);
    return key;
  };
  if (typeof source !== 'function') {
    const key = check(process.env[source.env], `the environment variable ${source.env}`);
    return async () => key;
  }
  return async () => {
    let value: unknown;
    try {
      value = await source();
    } catch {
      // Its message may hold what it was about.
      throw new PolicyError('no-api-key', 'the apiKey function threw: repair it, its message is not shown because it may hold the key');
    }
    return check(value, 'the result of the apiKey function');
  };
}

type Fetch = (url: string | URL | globalThis.Request, init?: RequestInit) => Promise<Response>;

/**
 * Reads the whole answer inside `fetch`: the client stops its clock once the headers are there, and would wait for ever for a body
 * that stops half-way.
 */
function wholeAnswers(fetch: Fetch): Fetch {
  return async (url, init) => {
    try {
      const response = await fetch(url, init);
      const body = await response.arrayBuffer();
      const { status, statusText, headers } = response;
      return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
    } catch (error) {
      // The client knows an expired clock by the name only where the error's class is its own realm's, which it is not in a test runner.
      if (init?.signal?.aborted) throw Object.assign(new Error('aborted', { cause: error }), { name: 'AbortError' });
      throw error;
    }
  };
}
