import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { AgentError, asError } from '../errors.ts';
import type { EpisodeSource } from './episode.ts';
import { httpHandler } from './http-handler.ts';
import { refusedRequest } from './refused-request.ts';
import { openSession, SessionError } from './session.ts';
import type { Session } from './session.ts';

export interface ServeOpenEnvOptions {
  /** Makes the episodes, e.g. `readingEpisodes` or `searchEpisodes`. */
  readonly episodes: EpisodeSource;
  readonly name: string;
  /** Default: what the environment is, in a sentence. */
  readonly description?: string;
  /** Default 127.0.0.1: other machines cannot reach it, nor can web pages. There is no authentication. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Most sessions at once, over WebSocket and HTTP each. Default 1024. */
  readonly maxSessions?: number;
}

/** A running server. */
export interface OpenEnvServer {
  /** `http://host:port`, for an OpenEnv client's `base_url`. */
  readonly url: string;
  close(): Promise<void>;
}

const largestMessage = 16 * 2 ** 20;

/**
 * Serves episodes in OpenEnv's protocol (openenv-core 0.3: `/ws`, `/reset`, `/step`, `/state`, `/schema`, `/metadata`, `/health`), so that
 * trainers in Python (TRL, SkyRL, torchforge) train on these tasks with their own model: an observation is a prompt, an action a reply.
 * Throws `AgentError` (`bad-options`) when it cannot listen.
 */
export async function serveOpenEnv(options: ServeOpenEnvOptions): Promise<OpenEnvServer> {
  const { episodes, host = '127.0.0.1', port = 0, maxSessions = 1024 } = options;
  const respond = httpHandler({ ...options, maxSessions, largestMessage });
  const server = createServer((request, response) => {
    const reason = refusedRequest(request, host);
    if (reason === undefined) return respond(request, response);
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ detail: reason }));
  });
  const sockets = new WebSocketServer({
    server,
    path: '/ws',
    maxPayload: largestMessage,
    verifyClient: ({ req }, verified) => {
      const reason = refusedRequest(req, host);
      verified(reason === undefined, 403, reason);
    },
  });
  let sessions = 0;
  // The server's own errors come here too, and are told below.
  sockets.on('error', () => undefined);
  sockets.on('connection', (socket) => {
    socket.on('error', () => socket.terminate());
    const send = (message: object): void => socket.send(JSON.stringify(message));
    if (sockets.clients.size > maxSessions) {
      send(errorMessage('CAPACITY_REACHED', `the server holds its most sessions, ${maxSessions}: try again later`));
      socket.close();
      return;
    }
    const session = openSession(episodes, `ws-${++sessions}`);
    // One message after the other, in their order.
    let last = Promise.resolve();
    const handle = async (before: Promise<void>, text: string): Promise<void> => {
      await before;
      const answer = await answerTo(session, text);
      if (answer === 'close') socket.close();
      else if (socket.readyState === socket.OPEN) send(answer);
    };
    socket.on('message', (data: Buffer) => {
      // Only an episode whose details are no JSON cannot be told.
      last = handle(last, data.toString('utf8')).catch(() => socket.terminate());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new AgentError('bad-options', `cannot listen on ${host}:${port}: ${cause.message}; give another host or port`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        sockets.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerTo(session: Session, text: string): Promise<object | 'close'> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    return errorMessage('INVALID_JSON', `Invalid JSON: ${asError(error).message}`);
  }
  const { type, data } = (message ?? {}) as { readonly type?: unknown; readonly data?: unknown };
  try {
    if (type === 'reset') return { type: 'observation', data: await session.reset(data ?? {}) };
    if (type === 'step') return { type: 'observation', data: await session.step(data) };
    if (type === 'state') return { type: 'state', data: session.state() };
    if (type === 'close') return 'close';
    return errorMessage('UNKNOWN_TYPE', `Unknown message type: ${String(type)}`);
  } catch (error) {
    return errorMessage(error instanceof SessionError ? error.code : 'EXECUTION_ERROR', asError(error).message);
  }
}

const errorMessage = (code: string, message: string): object => ({ type: 'error', data: { message, code } });
