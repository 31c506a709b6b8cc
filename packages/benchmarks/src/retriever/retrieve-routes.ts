import type { RetrievedPassage } from '@memtrain/agent';
import { z } from 'zod';
import { HttpError } from '../http/http-error.ts';
import type { QueryQueue } from './query-queue.ts';

export interface RouteLimits {
  /** Most queries of a request. */
  readonly queriesPerRequest: number;
  /** Most characters of a query. */
  readonly queryCharacters: number;
  /** Most passages of a query. */
  readonly mostPassages: number;
  /** Passages of a `/retrieve` query that says no number. */
  readonly topK: number;
}

/** A row of a corpus in Search-R1's and FlashRAG's form: the title in quotes, a line break, the text. */
interface CorpusRow {
  readonly id: string;
  readonly contents: string;
}

/** Answers a parsed body. Throws `HttpError`. */
export type Route = (body: unknown, signal: AbortSignal) => Promise<unknown>;

/** The routes that take a body: `/retrieve` of Search-R1 and MEM1, `/search` and `/batch_search` of MemSearcher and ReSearch. */
export function retrieveRoutes(queue: QueryQueue, limits: RouteLimits): Readonly<Record<string, Route>> {
  const { queriesPerRequest, queryCharacters, mostPassages, topK } = limits;
  const query = z.string().max(queryCharacters);
  const queries = z.array(query).max(queriesPerRequest);
  const count = z.number().int().min(1).max(mostPassages);
  const single = z.object({
    query: query.refine((text) => text.trim() !== '', 'it must not be empty'),
    top_n: count.default(10),
    return_score: z.boolean().default(false),
  });
  const several = single.extend({ query: queries });
  const retrieve = z.object({ queries, topk: count.nullish(), return_scores: z.boolean().default(false) });
  return {
    '/retrieve': async (body, signal) => {
      const asked = parse(retrieve, body);
      const lists = await queue.ask(asked.queries, { topK: asked.topk ?? topK, signal });
      if (!asked.return_scores) return { result: lists.map((list) => list.map(rowOf)) };
      return { result: lists.map((list) => list.map((passage) => ({ document: rowOf(passage), score: scoreOf(passage) }))) };
    },
    '/search': async (body, signal) => {
      const asked = parse(single, body);
      const [list] = await queue.ask([asked.query], { topK: asked.top_n, signal });
      const rows = list!.map(rowOf);
      return asked.return_score ? [rows, list!.map(scoreOf)] : rows;
    },
    '/batch_search': async (body, signal) => {
      const asked = parse(several, body);
      const lists = await queue.ask(asked.query, { topK: asked.top_n, signal });
      const rows = lists.map((list) => list.map(rowOf));
      return asked.return_score ? [rows, lists.map((list) => list.map(scoreOf))] : rows;
    },
  };
}

function parse<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new HttpError(422, path.length === 0 ? `the body must be a JSON object: ${message}` : `${path.join('.')}: ${message}`);
}

function rowOf({ id = '', title = '', text }: RetrievedPassage): CorpusRow {
  return { id, contents: `"${title}"\n${text}` };
}

function scoreOf({ score = 0 }: RetrievedPassage): number {
  return score;
}
