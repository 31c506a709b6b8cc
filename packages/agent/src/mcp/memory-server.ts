import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { Model } from '@memtrain/policy';
import { McpServer } from '@modelcontextprotocol/server';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { AgentError, asError } from '../errors.ts';
import { readEvents } from '../read/read.ts';
import type { ReadOptions } from '../read/read.ts';
import { httpRetriever } from '../search/http-retriever.ts';
import type { Retriever } from '../search/retriever.ts';

export interface MemoryServerOptions {
  /** Reads the texts. */
  readonly model: Model;
  /** The only folder whose files may be read; without it texts must be sent along. */
  readonly folder?: string;
  /** How to read. */
  readonly reading?: Omit<ReadOptions, 'problem' | 'resume' | 'signal'>;
  /** A function or a `/retrieve` address; without one there is no `search_corpus`. */
  readonly retriever?: Retriever | string;
}

/** Of the tools. */
const version = '1.0.0';

/**
 * An MCP server (protocol of @modelcontextprotocol/server) with the tools `read_long_text` (a text, or a file below `folder`, and a
 * question; reports progress after each chunk) and `search_corpus`. Connect it to a transport of your own, or use `serveMemoryOverStdio`.
 */
export function memoryServer(options: MemoryServerOptions): McpServer {
  const server = new McpServer({ name: 'memtrain', version });
  addReadTool(server, options);
  if (options.retriever !== undefined) addSearchTool(server, options.retriever);
  return server;
}

/** Serves `memoryServer` over this process's standard input and output: nothing else may be printed there. */
export function serveMemoryOverStdio(options: MemoryServerOptions): { close(): Promise<void> } {
  return serveStdio(() => memoryServer(options));
}

function addReadTool(server: McpServer, { model, folder, reading = {} }: MemoryServerOptions): void {
  const inputSchema = z.object({
    question: z.string().min(1).describe('what to find out'),
    text: z.string().optional().describe('the text itself'),
    file: z
      .string()
      .optional()
      .describe(folder === undefined ? 'not available on this server' : 'path of a text file, relative to the folder'),
  });
  server.registerTool(
    'read_long_text',
    {
      title: 'Read a long text',
      description: 'Reads a text of any length from beginning to end with a bounded memory, and answers one question about it.',
      inputSchema,
      annotations: { readOnlyHint: true },
    },
    ({ question, text, file }, { mcpReq }) =>
      outcome(async () => {
        const source = await sourceOf({ text, file, folder });
        let answer = '';
        let chunks = 0;
        const { _meta: meta } = mcpReq;
        const progressToken = meta?.progressToken;
        for await (const event of readEvents(model, source, { ...reading, problem: question, signal: mcpReq.signal })) {
          if (event.kind === 'answer') answer = event.answer ?? event.text.trim();
          if (event.kind !== 'memory') continue;
          chunks = event.index + 1;
          if (progressToken === undefined) continue;
          const total = event.total === undefined ? {} : { total: event.total };
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: chunks, ...total } });
        }
        return answer;
      }),
  );
}

function addSearchTool(server: McpServer, given: Retriever | string): void {
  const retriever = typeof given === 'string' ? httpRetriever(given) : given;
  const inputSchema = z.object({
    query: z.string().min(1).describe('what to search for'),
    topK: z.number().int().min(1).max(100).default(3).describe('most passages'),
  });
  server.registerTool(
    'search_corpus',
    {
      title: 'Search the corpus',
      description: 'Finds the passages that fit a query best.',
      inputSchema,
      annotations: { readOnlyHint: true },
    },
    ({ query, topK }, { mcpReq }) =>
      outcome(async () => {
        const passages = await retriever(query, { topK, signal: mcpReq.signal });
        const lines = passages
          .slice(0, topK)
          .map(({ title, text }, index) => `${index + 1}. ${title === undefined ? '' : `${title}: `}${text}`);
        return lines.join('\n') || 'Nothing was found.';
      }),
  );
}

/** A tool's failure is an answer that its caller can read, not a protocol error. */
async function outcome(work: () => Promise<string>): Promise<CallToolResult> {
  try {
    return { content: [{ type: 'text', text: await work() }] };
  } catch (error) {
    return { content: [{ type: 'text', text: asError(error).message }], isError: true };
  }
}

async function sourceOf(input: {
  readonly text: string | undefined;
  readonly file: string | undefined;
  readonly folder: string | undefined;
}): Promise<string | { readonly file: string }> {
  const { text, file, folder } = input;
  if ((text === undefined) === (file === undefined)) throw new AgentError('bad-options', 'give either text or file');
  if (text !== undefined) return text;
  if (folder === undefined) throw new AgentError('bad-options', 'this server reads no files: send the text');
  const root = await realpath(folder);
  const refused = new AgentError(
    'bad-options',
    `there is no file ${JSON.stringify(file)} in this server's folder: give a path relative to it`,
  );
  // Links are followed first, so that none leads out of the folder.
  const path = await realpath(resolve(root, file!)).catch(() => {
    throw refused;
  });
  if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) throw refused;
  return { file: path };
}
