import { checkIntegers } from '../check-options.ts';
import { AgentError } from '../errors.ts';
import type { RetrievedPassage, Retriever } from './retriever.ts';

export interface HttpRetrieverOptions {
  /** Longest wait for an answer, once the request is made. Default 30,000. */
  readonly timeoutMs?: number;
  /** Most requests in flight. Default 16. */
  readonly concurrency?: number;
}

/**
 * A retriever behind Search-R1's protocol: `POST /retrieve {queries, topk, return_scores: true}`, rows `{id, contents}` whose first line is
 * the title. `url` is the server's address, with or without the path. Throws `AgentError` (`bad-options`); the retriever throws
 * `retriever-failed` when the server is down, slow or says something else, and the signal's reason when that is aborted.
 */
export function httpRetriever(url: string, options: HttpRetrieverOptions = {}): Retriever {
  const { timeoutMs = 30_000, concurrency = 16 } = options;
  checkIntegers({ timeoutMs, concurrency }, 1);
  const address = retrieveAddress(url);
  const waiting: (() => void)[] = [];
  let free = concurrency;
  const fail = (what: string, cause?: unknown): AgentError =>
    new AgentError('retriever-failed', `the retriever at ${address.origin}${address.pathname} ${what}`, { cause });
  return async (query, { topK, signal }) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ queries: [query], topk: topK, return_scores: true }),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      if (!response.ok) throw fail(`answered ${response.status} ${response.statusText}: look at its log`);
      return passagesOf(await response.json(), () => fail('gave no {"result": [[{"document": {...}}]]}: does it speak the protocol?'));
    } catch (error) {
      signal?.throwIfAborted();
      if (AgentError.isInstance(error)) throw error;
      if (timeout.aborted) throw fail(`did not answer within ${timeoutMs} ms: raise timeoutMs, or lower concurrency`, error);
      throw fail('cannot be reached: is it running?', error);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

function retrieveAddress(url: string): URL {
  if (!URL.canParse(url))
    throw new AgentError('bad-options', `the retriever ${JSON.stringify(url)} is no URL: give http://host:port/retrieve`);
  const address = new URL(url);
  if (!address.pathname.endsWith('/retrieve')) address.pathname = `${address.pathname.replace(/\/$/, '')}/retrieve`;
  return address;
}

function passagesOf(body: unknown, wrong: () => Error): RetrievedPassage[] {
  const rows = (body as { result?: unknown } | null)?.result;
  const first: unknown = Array.isArray(rows) ? rows[0] : undefined;
  if (!Array.isArray(first)) throw wrong();
  return first.map((row: unknown) => {
    const scored = row as { document?: unknown; score?: unknown } | null;
    const passage = passageOf(scored?.document ?? row);
    if (!passage) throw wrong();
    return typeof scored?.score === 'number' ? { ...passage, score: scored.score } : passage;
  });
}

function passageOf(row: unknown): RetrievedPassage | undefined {
  const { id, contents, title, text } = (row ?? {}) as Partial<Record<string, unknown>>;
  const name = typeof id === 'string' || typeof id === 'number' ? { id: String(id) } : {};
  if (typeof contents === 'string') {
    const end = contents.indexOf('\n');
    if (end < 0) return { ...name, text: contents };
    return { ...name, title: contents.slice(0, end).replace(/^"|"$/g, ''), text: contents.slice(end + 1) };
  }
  if (typeof text !== 'string') return undefined;
  return { ...name, ...(typeof title === 'string' ? { title } : {}), text };
}
