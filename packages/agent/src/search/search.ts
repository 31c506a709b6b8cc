import type { Model } from '@memtrain/policy';
import { checkIntegers, checkModel } from '../check-options.ts';
import { AgentError } from '../errors.ts';
import { httpRetriever } from './http-retriever.ts';
import type { Retriever } from './retriever.ts';
import { runStored } from '../schedule/run-stored.ts';
import { searchTask } from './search-task.ts';
import type { SearchStyle } from './search-task.ts';
import { searchTemplates } from './search-template.ts';
import type { SearchTemplate, SearchTemplateName } from './search-template.ts';
import type { SearchItem, SearchTrajectory } from './search-trajectory.ts';
import { searchStorage } from './stored-search.ts';
import { tokenCutter } from '../read/token-cutter.ts';
import type { TokenCutter } from '../read/token-cutter.ts';
import type { TrajectoryFile } from '../schedule/trajectory-file.ts';
import type { SchedulingOptions } from '../schedule/trajectory-task.ts';

export interface SearchOptions extends SchedulingOptions {
  /** A function, or the address of a server that speaks Search-R1's `/retrieve`. */
  readonly retriever: Retriever | string;
  /** Default `state`. */
  readonly template?: SearchTemplate | SearchTemplateName;
  /** Most turns, the one with the answer included. Default 6. */
  readonly turns?: number;
  /** Most tokens of a reply. Default 1024. */
  readonly responseTokens?: number;
  /** Most tokens of the results of a search; what is over is cut off. Default 1024. */
  readonly resultTokens?: number;
  /** Passages of a search. Default 3. */
  readonly topK?: number;
  /** A reply without a valid action ends the trajectory (default, MEM1), or is corrected and costs a turn (Search-R1). */
  readonly invalidAction?: 'end' | 'correct';
  /** Sends the closing tags as stop strings. Default true; false for a model that knows none. */
  readonly stopAtAction?: boolean;
  /** The model's context; when given, the largest turn is checked against it before any call. */
  readonly contextTokens?: number;
  /** Default 1; 0 is greedy. */
  readonly temperature?: number;
  /** Keeps each trajectory as it ends; what it holds already is not run again (failed ones are). */
  readonly file?: TrajectoryFile;
}

/**
 * MEM1's loop as independent conversations, over many questions at once: a turn sees the question, the reply before it, and what was found
 * for that reply; it rewrites the state, and searches or answers. The result is in the items' order. A failed call, or a retriever that
 * throws, ends its own trajectory. Throws `AgentError` (`bad-options`, `bad-file`), or the signal's reason when aborted.
 */
export async function searchQuestions(model: Model, items: readonly SearchItem[], options: SearchOptions): Promise<SearchTrajectory[]> {
  const { temperature = 1, contextTokens, file } = options;
  const style = searchStyle(model, options);
  checkModel(model, style.template, temperature);
  if (contextTokens !== undefined) checkTurn(style, items, contextTokens);
  const place = typeof options.retriever === 'string' ? options.retriever : 'function';
  return runStored(model, items, {
    ...options,
    sampling: { maxTokens: style.responseTokens, temperature },
    task: (item) => searchTask(item, style),
    ...(file ? { file, storage: searchStorage(style, { temperature, retriever: place }) } : {}),
  });
}

/** Answers one question by searching. What fails is in the trajectory (`end`, `error`). Throws as `searchQuestions` does. */
export async function search(
  model: Model,
  question: string,
  options: SearchOptions & { /** Default 0. */ readonly seed?: number },
): Promise<SearchTrajectory> {
  const [trajectory] = await searchQuestions(model, [{ id: 'question', question, seed: options.seed ?? 0 }], options);
  return trajectory!;
}

/** Checks and completes the options. Throws `AgentError` (`bad-options`). */
export function searchStyle(model: Pick<Model, 'tokenizer'>, options: SearchOptions): SearchStyle {
  const { retriever, template = 'state', turns = 6, responseTokens = 1024, resultTokens = 1024, topK = 3, signal } = options;
  checkIntegers({ turns, responseTokens, resultTokens, topK }, 1);
  const found = typeof template === 'string' ? searchTemplates[template] : template;
  if (!found) {
    const names = Object.keys(searchTemplates).join(', ');
    throw new AgentError('bad-options', `there is no search template ${JSON.stringify(template)}: give one of ${names}, or an object`);
  }
  return {
    template: found,
    retriever: typeof retriever === 'string' ? httpRetriever(retriever) : retriever,
    turns,
    responseTokens,
    resultTokens,
    topK,
    invalidAction: options.invalidAction ?? 'end',
    stopAtAction: options.stopAtAction ?? true,
    cutter: tokenCutter(model),
    signal,
  };
}

function checkTurn(style: SearchStyle, items: readonly SearchItem[], contextTokens: number): void {
  const { template, turns, responseTokens, resultTokens } = style;
  const cutter: TokenCutter = style.cutter;
  const question = items.reduce((longest, item) => (item.question.length > longest.length ? item.question : longest), '');
  const information = template.information({ found: '', turnsLeft: turns });
  const fixed = cutter.countPrompt(template, template.prompt({ question, turns, last: { reply: '', information } }));
  const sum = fixed + responseTokens + resultTokens + responseTokens;
  if (sum <= contextTokens) return;
  throw new AgentError(
    'bad-options',
    `a turn needs ${cutter.exact ? '' : 'about '}${sum} tokens = ${fixed} (template and question) + ${responseTokens} (last reply) + ` +
      `${resultTokens} (results) + ${responseTokens} (reply), but the context is ${contextTokens}: lower responseTokens or resultTokens`,
  );
}
