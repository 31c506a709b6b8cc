import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Retriever } from '@memtrain/agent';
import { BenchmarkError } from '../errors.ts';
import { HttpError } from '../http/http-error.ts';
import { readJsonBody, sendJson } from '../http/json-messages.ts';
import { listen } from '../http/listen.ts';
import { isLoopback, requireLoopbackName } from '../http/loopback.ts';
import type { BatchRetriever } from './batch-retriever.ts';
import { busy, createQueryQueue } from './query-queue.ts';
import { retrieveRoutes } from './retrieve-routes.ts';

export interface ServeRetrieverOptions {
  /** Default 127.0.0.1: reachable from this machine only. There is no authentication. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Passages of a `/retrieve` query that says no number. Default 3. */
  readonly topK?: number;
  /** Most passages that a query may ask for. Default 1,000. */
  readonly mostPassages?: number;
  /** Largest request body in bytes. Default 8 MiB. */
  readonly bodyBytes?: number;
  /** Most queries of a request. Default 4,096. */
  readonly queriesPerRequest?: number;
  /** Most characters of a query. Default 20,000. */
  readonly queryCharacters?: number;
  /** Most requests in work at a time; others are refused with 503 and `Retry-After`. Default 256. */
  readonly requests?: number;
  /** Most queries waiting or in work; others are refused likewise. Default 16,384, at least `queriesPerRequest`. */
  readonly queuedQueries?: number;
  /** Most queries of a call of a batch retriever. Default 32. */
  readonly batchQueries?: number;
  /** Most calls of the retriever in flight. Default 16, of a batch retriever 1. */
  readonly calls?: number;
  /** Milliseconds that requests in work have to end when the server closes. Default 5,000. */
  readonly graceMilliseconds?: number;
  /** Added to what `GET /health` says. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** Told of what the retriever threw; clients only learn that it failed. */
  readonly onError?: (error: unknown) => void;
}

export interface RetrieverServer {
  /** Base URL, without a path. */
  readonly url: string;
  /** Refuses new requests, lets those in work end, and resolves when every connection is closed. */
  close(): Promise<void>;
}

/**
 * Serves a retriever over HTTP: `POST /retrieve` {queries, topk, return_scores} (Search-R1, MEM1), `POST /search` and `/batch_search`
 * {query, top_n, return_score} (MemSearcher, ReSearch), `GET /health`. Queries of requests that arrive together go into one call of a batch
 * retriever. Errors are JSON, `{"detail"}`. Throws `BenchmarkError` (`bad-options`) for a limit that is no positive whole number, and when
 * the address cannot be used.
 */
export async function serveRetriever(retriever: Retriever | BatchRetriever, options: ServeRetrieverOptions = {}): Promise<RetrieverServer> {
  const { host = '127.0.0.1', port = 0, topK = 3, mostPassages = 1000, bodyBytes = 8 * 2 ** 20, queriesPerRequest = 4096 } = options;
  const { queryCharacters = 20_000, requests = 256, batchQueries = 32, graceMilliseconds = 5000, about = {}, onError } = options;
  const calls = options.calls ?? (typeof retriever === 'function' ? 16 : 1);
  const queuedQueries = Math.max(options.queuedQueries ?? 16_384, queriesPerRequest);
  checkLimits({ topK, mostPassages, bodyBytes, queriesPerRequest, queryCharacters, requests, batchQueries, calls, queuedQueries });
  const queue = createQueryQueue(retriever, { batchQueries, calls, queuedQueries });
  const routes = retrieveRoutes(queue, { queriesPerRequest, queryCharacters, mostPassages, topK });
  let inWork = 0;
  let closing = false;

  const answer = async (request: IncomingMessage, signal: AbortSignal): Promise<unknown> => {
    if (isLoopback(host)) requireLoopbackName(request);
    const path = (request.url ?? '/').split('?')[0]!;
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!route && path !== '/health') throw new HttpError(404, `nothing at ${path}: use /retrieve, /search, /batch_search or /health`);
    const method = route ? 'POST' : 'GET';
    if (request.method !== method) throw new HttpError(405, `${path} takes ${method}, not ${request.method}`, { allow: method });
    // The fields of MemSearcher's server, for clients that look at them: requests that may be in work, and that could still come.
    if (!route) return { status: 'healthy', retrievers: { total: requests, available: requests - inWork }, ...about };
    if (closing) throw busy('this server is stopping');
    if (inWork >= requests) throw busy(`${requests} requests are in work already: send this one again later`);
    inWork++;
    try {
      return await route(await readJsonBody(request, bodyBytes), signal);
    } finally {
      inWork--;
    }
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const last: Record<string, string> = closing ? { connection: 'close' } : {};
    try {
      sendJson(response, 200, await answer(request, gone.signal), last);
    } catch (error) {
      if (!(error instanceof HttpError) && !gone.signal.aborted) onError?.(error);
      const { status, message, headers } =
        error instanceof HttpError
          ? error
          : new HttpError(500, 'the retriever failed: the server knows why, and the query may be sent again');
      sendJson(response, status, { detail: message }, { ...headers, ...last });
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  server.requestTimeout = 60_000;
  const url = await listen(server, {
    host,
    port,
    failure: (what, cause) => new BenchmarkError('bad-options', `${what}: choose another port or host`, cause),
  });
  return {
    url,
    async close() {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMilliseconds);
      // A connection whose request has just ended is idle, and nothing else would close it.
      const sweep = setInterval(() => server.closeIdleConnections(), 20);
      await closed;
      clearTimeout(timer);
      clearInterval(sweep);
    },
  };
}

function checkLimits(limits: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new BenchmarkError('bad-options', `${name} of serveRetriever must be a whole number of at least 1, not ${value}`);
    }
  }
}
