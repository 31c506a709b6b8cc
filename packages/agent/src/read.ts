import type { Finish, Model } from '@memtrain/policy';
import { answerOf } from './answer-of.ts';
import { checkIntegers, checkModel } from './check-options.ts';
import { completeAll } from './complete-all.ts';
import { cutChunks, cutChunksByWords } from './cut-chunks.ts';
import { AgentError } from './errors.ts';
import { memAgentTemplate } from './memagent-template.ts';
import type { PromptTemplate } from './prompt-template.ts';
import { stepRequest } from './read-step.ts';
import type { AnswerEnd } from './trajectory.ts';

export interface ReadOptions {
  /** The question that the text is read for. */
  readonly problem: string;
  /** Default `memAgentTemplate`. */
  readonly template?: PromptTemplate;
  /** Tokens of a chunk. Default 5000. A model without a tokenizer is given 3/4 as many words instead: an estimate for English. */
  readonly chunkTokens?: number;
  /** Most tokens of a memory. Default 1024. */
  readonly memoryTokens?: number;
  /** Most tokens of the last reply. Default 1024. */
  readonly answerTokens?: number;
  /** Default 0.7; 0 is greedy. */
  readonly temperature?: number;
  /** Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** What happens while a text is read. `index` counts chunks from 0, `total` is their number; `finish: 'length'`: the memory was cut. */
export type ReadEvent =
  | { readonly kind: 'chunk'; readonly index: number; readonly total: number; readonly text: string }
  | { readonly kind: 'memory'; readonly index: number; readonly total: number; readonly memory: string; readonly finish: Finish }
  | { readonly kind: 'answer'; readonly answer?: string; readonly text: string; readonly end: AnswerEnd };

/**
 * Reads one text, or one that is cut already, in constant context and yields what happens, the answer last. Works with any model, plain
 * chat endpoints included. Throws `AgentError`: `bad-options`; `model-failed` when a call fails (cause: the model's error). An aborted
 * signal throws its reason.
 */
export async function* readEvents(model: Model, text: string | readonly string[], options: ReadOptions): AsyncGenerator<ReadEvent> {
  const { problem, template = memAgentTemplate, chunkTokens = 5000, temperature = 0.7, seed = 0, signal } = options;
  const { memoryTokens = 1024, answerTokens = 1024 } = options;
  checkIntegers({ chunkTokens, memoryTokens, answerTokens }, 1);
  checkModel(model, template, temperature);
  const chunks = typeof text === 'string' ? chunksFor(model, text, chunkTokens) : text;
  const total = chunks.length;
  const item = { id: 'text', chunks, problem, seed };
  let memory = template.emptyMemory;
  for (let index = 0; index <= total; index++) {
    const chunk = chunks[index];
    if (chunk !== undefined) yield { kind: 'chunk', index, total, text: chunk };
    const request = stepRequest(item, index, memory, { template, memoryTokens, answerTokens });
    const sampling = { maxTokens: request.maxTokens ?? answerTokens, temperature, ...(signal ? { signal } : {}) };
    const [result] = await completeAll(model, [request], sampling);
    if (!result || 'error' in result) {
      const step = chunk === undefined ? 'the answer' : `chunk ${index + 1} of ${total}`;
      throw new AgentError('model-failed', `the model failed at ${step}: ${result?.error.message ?? 'no result'}`, {
        cause: result?.error,
      });
    }
    if (chunk === undefined) {
      yield { kind: 'answer', text: result.text, ...answerOf(template, result) };
    } else {
      memory = template.parseMemory(result.text);
      yield { kind: 'memory', index, total, memory, finish: result.finish };
    }
  }
}

/** Reads one text and returns the answer; the whole last reply (trimmed) when no answer is marked in it. Throws as `readEvents` does. */
export async function read(model: Model, text: string | readonly string[], options: ReadOptions): Promise<string> {
  let answer = '';
  for await (const event of readEvents(model, text, options)) {
    if (event.kind === 'answer') answer = event.answer ?? event.text.trim();
  }
  return answer;
}

function chunksFor(model: Model, text: string, chunkTokens: number): string[] {
  if (model.tokenizer) return cutChunks(model.tokenizer, text, chunkTokens);
  return cutChunksByWords(text, Math.max(1, Math.floor(chunkTokens * 0.75)));
}
