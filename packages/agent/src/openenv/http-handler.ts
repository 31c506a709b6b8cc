import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { asError } from '../errors.ts';
import type { EpisodeSource } from './episode.ts';
import { actionSchema, openSession, SessionError } from './session.ts';
import type { Session } from './session.ts';

export interface HttpHandlerOptions {
  readonly episodes: EpisodeSource;
  readonly name: string;
  readonly description?: string;
  readonly maxSessions: number;
  /** Bytes. */
  readonly largestMessage: number;
}

const stepSchema = z.looseObject({ action: z.unknown(), episode_id: z.string() });

/** What an observation holds while an episode goes on; its last one also holds how it ended. */
const observationSchema = z.looseObject({
  episode_id: z.string().nullable(),
  step: z.number().int(),
  steps: z.number().int(),
  prompt: z.string(),
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  max_tokens: z.number().int().nullable(),
});
const stateSchema = z.object({ episode_id: z.string().nullable(), step_count: z.number().int() });

/**
 * The HTTP part of OpenEnv's protocol. A step names its episode (`episode_id`, which every observation holds); the sessions used least
 * lately are forgotten beyond the limit.
 */
export function httpHandler(options: HttpHandlerOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { episodes, name, description = 'A MemTrain environment: an observation is a prompt, an action the reply.', maxSessions } = options;
  const sessions = new Map<string, Session>();
  let opened = 0;
  const remember = (id: string, session: Session): void => {
    sessions.delete(id);
    sessions.set(id, session);
    for (const oldest of sessions.keys()) {
      if (sessions.size <= maxSessions) break;
      sessions.delete(oldest);
    }
  };
  const sessionOf = (id: string | null): Session => {
    const session = id === null ? undefined : sessions.get(id);
    if (session) return session;
    throw new SessionError('EXECUTION_ERROR', `there is no episode ${JSON.stringify(id)}: call /reset, and send its episode_id`);
  };
  const routes: Readonly<Record<string, (body: unknown, query: URLSearchParams) => unknown>> = {
    'GET /health': () => ({ status: 'healthy' }),
    'GET /metadata': () => ({ name, description }),
    'GET /schema': () => ({
      action: z.toJSONSchema(actionSchema, { io: 'input' }),
      observation: z.toJSONSchema(observationSchema),
      state: z.toJSONSchema(stateSchema),
    }),
    'GET /state': (_body, query) => sessionOf(query.get('episode_id')).state(),
    'POST /reset': async (body) => {
      const session = openSession(episodes, `http-${++opened}`);
      const reply = await session.reset(body ?? {});
      remember(session.state().episode_id!, session);
      return reply;
    },
    'POST /step': async (body) => {
      const parsed = stepSchema.safeParse(body);
      if (!parsed.success) throw new SessionError('VALIDATION_ERROR', z.prettifyError(parsed.error));
      const { action, episode_id: id } = parsed.data;
      const session = sessionOf(id);
      remember(id, session);
      return session.step(action);
    },
  };
  return (request, response) => {
    void respond(request, response, { routes, largestMessage: options.largestMessage });
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { routes, largestMessage }: { readonly routes: Parameters<typeof routeOf>[0]; readonly largestMessage: number },
): Promise<void> {
  const send = (status: number, body: unknown): void => {
    const text = JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(text);
  };
  try {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const route = routeOf(routes, `${request.method} ${url.pathname}`);
    if (!route) return send(404, { detail: 'Not Found' });
    const text = request.method === 'POST' ? await bodyOf(request, largestMessage) : '';
    send(200, await route(text === '' ? undefined : JSON.parse(text), url.searchParams));
  } catch (error) {
    const wrong = error instanceof SyntaxError || (error instanceof SessionError && error.code === 'VALIDATION_ERROR');
    send(wrong ? 422 : 400, { detail: asError(error).message });
  }
}

function routeOf(routes: Readonly<Record<string, (body: unknown, query: URLSearchParams) => unknown>>, key: string) {
  return Object.hasOwn(routes, key) ? routes[key] : undefined;
}

async function bodyOf(request: IncomingMessage, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most) throw new SessionError('VALIDATION_ERROR', `the body is larger than ${most} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
