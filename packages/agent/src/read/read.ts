import type { Completion, Finish, Model, Request, SamplingOptions } from '@memtrain/policy';
import { answerOf } from '../templates/answer-of.ts';
import { centreCut } from './centre-cut.ts';
import { checkBudget, checkItemsBudget } from './check-budget.ts';
import { checkIntegers, checkModel } from '../check-options.ts';
import { completeAll } from '../schedule/complete-all.ts';
import { AgentError } from '../errors.ts';
import { stepRequest } from './read-step.ts';
import type { ReadStep } from './read-step.ts';
import { nextMemory, readingStyle } from './reading-style.ts';
import type { ReadingStyle, ReadStepOptions } from './reading-style.ts';
import { streamChunks } from './stream-chunks.ts';
import type { StreamedChunk } from './stream-chunks.ts';
import { isCut, textPieces } from './text-source.ts';
import type { TextSource } from './text-source.ts';
import { tokenCutter } from './token-cutter.ts';
import type { AnswerEnd } from './trajectory.ts';

export interface ReadOptions extends Partial<ReadStepOptions> {
  /** The question that the text is read for. */
  readonly problem: string;
  /** Default `memagent`. */
  readonly template?: ReadStepOptions['template'];
  /** Tokens of a chunk. Default 5000. A model without a tokenizer is given 3/4 as many words instead: an estimate for English. */
  readonly chunkTokens?: number;
  /** Most tokens of a memory. Default 1024. */
  readonly memoryTokens?: number;
  /** Most tokens of the last reply. Default 1024. */
  readonly answerTokens?: number;
  /** `none` (default): all of it is read. `centre`: of a text of more than `tokens` tokens the middle is left out (MemAgent's rule). */
  readonly truncation?: 'none' | { readonly kind: 'centre'; readonly tokens: number };
  /** Goes on after this memory (a `memory` event of the same text and options): the chunks up to it are skipped. */
  readonly resume?: { readonly index: number; readonly memory: string };
  /** Default 0.7; 0 is greedy. */
  readonly temperature?: number;
  /** Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/**
 * What happens while a text is read. `index` counts chunks from 0; `total` is their number, there once the end of the text was seen;
 * `finish: 'length'`: the reply was cut.
 */
export type ReadEvent =
  | { readonly kind: 'chunk'; readonly index: number; readonly total?: number; readonly text: string }
  | { readonly kind: 'memory'; readonly index: number; readonly total?: number; readonly memory: string; readonly finish: Finish }
  | { readonly kind: 'answer'; readonly answer?: string; readonly text: string; readonly end: AnswerEnd };

/**
 * MemAgent's loop over one text of any length, in constant context and constant memory: yields each chunk, the memory after it, and the
 * answer. Works with any model, plain chat endpoints included. Throws `AgentError`: `bad-options` before any call; `model-failed` when a
 * call fails (cause: the model's error); `bad-memory` where the options say so. An aborted signal throws its reason.
 */
export async function* readEvents(model: Model, text: TextSource, options: ReadOptions): AsyncGenerator<ReadEvent> {
  const { problem, chunkTokens = 5000, temperature = 0.7, seed = 0, signal, resume, contextTokens } = options;
  const { template = 'memagent', memoryTokens = 1024, answerTokens = 1024 } = options;
  checkIntegers({ chunkTokens }, 1);
  if (resume) checkIntegers({ 'resume.index': resume.index }, 0);
  const style = readingStyle({ ...options, template, memoryTokens, answerTokens });
  checkModel(model, style.template, temperature);
  if (contextTokens !== undefined) {
    if (isCut(text)) checkItemsBudget(model, [{ problem, chunks: text }], { style, contextTokens });
    else checkBudget(tokenCutter(model), style, { contextTokens, chunkTokens, problem });
  }
  const ask = (at: ReadStep, place: string): Promise<Completion> => {
    const request = stepRequest({ problem, seed }, at, style);
    const sampling = { maxTokens: request.maxTokens ?? answerTokens, temperature, ...(signal ? { signal } : {}) };
    return askOnce(model, { request, sampling, place });
  };
  let memory = resume?.memory ?? style.template.emptyMemory;
  let index = -1;
  for await (const { text: chunk, total } of chunksOf(model, text, { ...options, chunkTokens })) {
    index++;
    if (resume && index <= resume.index) continue;
    const at = { index, ...(total === undefined ? {} : { total }) };
    yield { kind: 'chunk', ...at, text: chunk };
    const place = `chunk ${index + 1}${total === undefined ? '' : ` of ${total}`}`;
    const reply = await ask({ step: index, chunk, memory }, place);
    memory = memoryAfter(style, { memory, reply, place });
    yield { kind: 'memory', ...at, memory, finish: reply.finish };
  }
  if (resume && index < resume.index) {
    throw new AgentError('bad-options', `resume.index is ${resume.index}, but the text has ${index + 1} chunks: resume with the same text`);
  }
  const reply = await ask({ step: index + 1, chunk: undefined, memory }, 'the answer');
  yield { kind: 'answer', text: reply.text, ...answerOf(style.template, reply) };
}

/** Reads one text and returns the answer; the whole last reply (trimmed) when no answer is marked in it. Throws as `readEvents` does. */
export async function read(model: Model, text: TextSource, options: ReadOptions): Promise<string> {
  let answer = '';
  for await (const event of readEvents(model, text, options)) {
    if (event.kind === 'answer') answer = event.answer ?? event.text.trim();
  }
  return answer;
}

async function askOnce(
  model: Model,
  call: { readonly request: Request; readonly sampling: SamplingOptions; readonly place: string },
): Promise<Completion> {
  const [result] = await completeAll(model, [call.request], call.sampling);
  if (result && !('error' in result)) return result;
  throw new AgentError('model-failed', `the model failed at ${call.place}: ${result?.error.message ?? 'no result'}`, {
    cause: result?.error,
  });
}

function memoryAfter(style: ReadingStyle, step: { readonly memory: string; readonly reply: Completion; readonly place: string }): string {
  const { memory, bad } = nextMemory(style, step.memory, step.reply);
  if (bad === undefined) return memory;
  const advice = bad === 'truncated' ? 'raise memoryTokens, or set truncatedMemory to "keep"' : 'set emptyMemory to "keep" or "previous"';
  throw new AgentError('bad-memory', `the memory after ${step.place} is ${bad}: ${advice}`);
}

async function* chunksOf(
  model: Model,
  text: TextSource,
  options: ReadOptions & { readonly chunkTokens: number },
): AsyncGenerator<StreamedChunk> {
  const { truncation = 'none', chunkTokens } = options;
  if (truncation !== 'none') checkIntegers({ 'truncation.tokens': truncation.tokens }, 2);
  if (isCut(text)) {
    if (truncation !== 'none')
      throw new AgentError('bad-options', 'a text that is cut already is not truncated: give the text, or no truncation');
    for (const chunk of text) yield { text: chunk, total: text.length };
    return;
  }
  const cutter = tokenCutter(model);
  const pieces = textPieces(text);
  const { tokens } = truncation === 'none' ? {} : truncation;
  const source = tokens === undefined ? pieces : textPieces(await centreCut(pieces, { cutter, tokens }));
  yield* streamChunks(source, { cutter, chunkTokens });
}
