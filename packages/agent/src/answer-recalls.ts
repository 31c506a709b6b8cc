import { deriveSeed } from '@memtrain/policy';
import type { Conversation, Model } from '@memtrain/policy';
import { answerOf } from './answer-of.ts';
import { checkIntegers, checkModel } from './check-options.ts';
import { completeAll, promptOf } from './complete-all.ts';
import type { Recall } from './draw-recalls.ts';
import type { PromptTemplate } from './prompt-template.ts';
import type { End } from './trajectory.ts';

export interface AnswerRecallsOptions {
  readonly template: PromptTemplate;
  /** G2: answers to each recall; 0 makes none. */
  readonly samples: number;
  /** Most tokens of an answer, end-of-sequence token included. */
  readonly answerTokens: number;
  /** Default 1; 0 is greedy. */
  readonly temperature?: number;
  readonly signal?: AbortSignal;
  /** Called after each model call: answers done of all answers. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One of the G2 answers to a recall. */
export interface RecallAnswer {
  /** Absent when the call failed or the model shows no token ids. */
  readonly conversation?: Conversation;
  readonly answer?: string;
  /** The whole reply; empty when the call failed. */
  readonly text: string;
  readonly end: End;
  readonly error?: Error;
}

/**
 * Asks every recall G2 times, all in one `complete` call with the answers to one prompt side by side; the result has G2 answers a
 * recall, in the recalls' order. A failed call is a record (`model-error`). Throws `AgentError` (`bad-options`), or the signal's reason
 * when aborted.
 */
export async function answerRecalls(model: Model, recalls: readonly Recall[], options: AnswerRecallsOptions): Promise<RecallAnswer[][]> {
  const { template, samples, answerTokens, temperature = 1, signal, onProgress } = options;
  checkIntegers({ answerTokens }, 1);
  checkIntegers({ samples }, 0);
  checkModel(model, template, temperature);
  const requests = recalls.flatMap((recall) => {
    const prompt = promptOf(template, recall.prompt);
    return Array.from({ length: samples }, (_, sample) => ({ prompt, seed: deriveSeed(recall.seed, sample) }));
  });
  let done = 0;
  const sampling = { maxTokens: answerTokens, temperature, ...(signal ? { signal } : {}) };
  const results = await completeAll(model, requests, sampling, () => onProgress?.((done += 1), requests.length));
  const answers = results.map((result): RecallAnswer => {
    if ('error' in result) return { text: '', end: 'model-error', error: result.error };
    const { text, conversation } = result;
    return { text, ...answerOf(template, result), ...(conversation ? { conversation } : {}) };
  });
  return recalls.map((_recall, index) => answers.slice(index * samples, (index + 1) * samples));
}
