import type { Completion, Conversation, Failure, Model } from '@memtrain/policy';
import { answerOf } from './answer-of.ts';
import { checkIntegers, checkModel } from './check-options.ts';
import { completeAll } from './complete-all.ts';
import type { PromptTemplate } from './prompt-template.ts';
import { stepRequest } from './read-step.ts';
import type { ReadStepOptions } from './read-step.ts';
import type { ReadItem, Trajectory } from './trajectory.ts';

export interface ReadDocumentsOptions extends ReadStepOptions {
  /** Default 1; 0 is greedy. */
  readonly temperature?: number;
  readonly signal?: AbortSignal;
  /** Called after each model call: steps done of all steps (those that a failure leaves out count as done). */
  readonly onProgress?: (done: number, total: number) => void;
}

type Open = { -readonly [Key in keyof Trajectory]: Trajectory[Key] } & {
  readonly memories: string[];
  readonly conversations: Conversation[];
  closed: boolean;
};

/**
 * MemAgent's loop over many trajectories at once: at step t every live one overwrites its memory from (problem, memory, chunk t), and after
 * its last chunk answers from (problem, memory) alone. Each step's requests go to the model in one `complete` call.
 * A failed call ends its trajectory with `model-error` and never the batch. Throws `AgentError` (`bad-options`) before any call, or the
 * signal's reason when aborted.
 */
export async function readDocuments(model: Model, items: readonly ReadItem[], options: ReadDocumentsOptions): Promise<Trajectory[]> {
  const { template, memoryTokens, answerTokens, temperature = 1, signal, onProgress } = options;
  checkIntegers({ memoryTokens, answerTokens }, 1);
  checkModel(model, template, temperature);
  const readings = items.map(openReading);
  const total = items.reduce((sum, item) => sum + item.chunks.length + 1, 0);
  let done = 0;
  const progress = (steps: number): void => onProgress?.((done += steps), total);
  const sampling = { maxTokens: Math.max(memoryTokens, answerTokens), temperature, ...(signal ? { signal } : {}) };
  let live = readings;
  for (let step = 0; live.length > 0; step++) {
    const requests = live.map((reading) => stepRequest(reading.item, step, reading.memories.at(-1) ?? template.emptyMemory, options));
    const results = await completeAll(model, requests, sampling, () => progress(1));
    for (const [index, reading] of live.entries()) {
      const left = reading.item.chunks.length - step;
      takeResult(reading, results[index]!, left === 0, template);
      if (reading.closed && left > 0) progress(left);
    }
    live = live.filter((reading) => !reading.closed);
  }
  return readings.map(({ closed: _closed, ...trajectory }) => trajectory);
}

function openReading(item: ReadItem): Open {
  return { id: item.id, item, memories: [], conversations: [], answerText: '', end: 'no-answer', truncatedMemories: 0, closed: false };
}

function takeResult(reading: Open, result: Completion | Failure, last: boolean, template: PromptTemplate): void {
  if ('error' in result) {
    reading.closed = true;
    reading.end = 'model-error';
    reading.error = result.error;
    return;
  }
  if (result.conversation) reading.conversations.push(result.conversation);
  if (last) {
    reading.closed = true;
    reading.answerText = result.text;
    Object.assign(reading, answerOf(template, result));
    return;
  }
  reading.memories.push(template.parseMemory(result.text));
  if (result.finish === 'length') reading.truncatedMemories++;
}
