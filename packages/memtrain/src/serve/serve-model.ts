import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback, listen, readJsonBody, requireLoopbackName, sendJson } from '@memtrain/benchmarks/http';
import { deriveSeed } from '@memtrain/policy';
import type { Model } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import { ApiError, asApiError } from './api-error.ts';
import { createExclusive } from './batcher.ts';
import { createCompleter } from './completer.ts';
import { parseChatBody, parseCompletionsBody } from './parse-body.ts';
import { planChat, planCompletions } from './plan.ts';
import type { Plan, PlanOptions } from './plan.ts';

export interface ServeModelOptions {
  /** Name under which clients ask for the model. */
  readonly name: string;
  /** Default 127.0.0.1: reachable from this machine only. There is no authentication. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Largest request body in bytes. Default 8 MiB. */
  readonly bodyBytes?: number;
  /** Most completions computed together. Default 256. */
  readonly batchRows?: number;
  /** Most completions that may wait; more are refused with 429. Default 4096. */
  readonly queueRows?: number;
  /** Milliseconds since 1970, for the responses. Default `Date.now`. */
  readonly now?: () => number;
}

export interface ModelServer {
  /** Base URL for clients, with `/v1`. */
  readonly url: string;
  /** Refuses new connections, stops the model, and resolves when every connection is closed. */
  close(): Promise<void>;
}

/**
 * Serves a model under `/v1` (chat/completions, completions, models) and `/health`, as OpenAI's API with vLLM's `return_token_ids`,
 * `prompt_logprobs`, token ids as prompts and `top_k`. Requests that arrive together are computed together. Errors are JSON in OpenAI's
 * form. Throws `MemtrainError` (`not-available`) when the address cannot be used.
 */
export async function serveModel(model: Model, options: ServeModelOptions): Promise<ModelServer> {
  const { name, host = '127.0.0.1', port = 0, bodyBytes = 8 * 2 ** 20, batchRows = 256, queueRows = 4096, now = Date.now } = options;
  const stopped = new AbortController();
  const exclusive = createExclusive();
  const complete = createCompleter(model, { name, batchRows, queueRows, now, exclusive, stopped: stopped.signal });
  let seeds = 0;
  const planning: PlanOptions = { vocabularySize: model.tokenizer?.vocabularySize, freshSeed: () => deriveSeed('serve', seeds++) };

  const card = { id: name, object: 'model', created: Math.floor(now() / 1000), owned_by: 'memtrain' };
  const route = async (request: IncomingMessage, signal: AbortSignal): Promise<object> => {
    if (isLoopback(host)) requireLoopbackName(request);
    const path = (request.url ?? '/').split('?')[0]!;
    const requireMethod = (method: string): void => {
      if (request.method !== method)
        throw new ApiError(405, `${path} takes ${method}, not ${request.method}`, { headers: { allow: method } });
    };
    const requireModel = (asked: string): void => {
      if (asked !== name)
        throw new ApiError(404, `the model "${asked}" is not here: this server has "${name}"`, { param: 'model', code: 'model_not_found' });
    };
    if (path === '/health' || path === '/v1/health') {
      requireMethod('GET');
      return { status: 'ok' };
    }
    if (path === '/v1/models' || path.startsWith('/v1/models/')) {
      requireMethod('GET');
      if (path === '/v1/models') return { object: 'list', data: [card] };
      requireModel(decodeName(path.slice('/v1/models/'.length)));
      return card;
    }
    if (path !== '/v1/completions' && path !== '/v1/chat/completions') {
      throw new ApiError(404, `nothing at ${path}: use /v1/chat/completions, /v1/completions, /v1/models or /health`);
    }
    requireMethod('POST');
    const value = await readJsonBody(request, bodyBytes);
    const plan =
      path === '/v1/completions'
        ? checked(parseCompletionsBody(value), requireModel, (body) => planCompletions(body, planning))
        : checked(parseChatBody(value), requireModel, (body) => planChat(body, planning));
    return complete(plan, signal);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    try {
      sendJson(response, 200, await route(request, gone.signal));
    } catch (error) {
      const apiError = asApiError(error);
      sendJson(response, apiError.status, apiError.body(), apiError.headers);
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  const origin = await listen(server, {
    host,
    port,
    failure: (what, cause) => new MemtrainError('not-available', `${what}: choose another --port or --host`, cause),
  });
  return {
    url: `${origin}/v1`,
    async close() {
      stopped.abort(new MemtrainError('interrupted', 'the server was stopped'));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Requests in work get their error first.
      await exclusive(async () => undefined);
      setTimeout(() => server.closeAllConnections(), 50).unref();
      await closed;
    },
  };
}

function checked<T extends { readonly model: string }>(body: T, requireModel: (name: string) => void, plan: (body: T) => Plan): Plan {
  requireModel(body.model);
  return plan(body);
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
