import { deriveSeed } from '@memtrain/policy';
import type { Request } from '@memtrain/policy';
import { promptOf } from './complete-all.ts';
import type { PromptTemplate } from './prompt-template.ts';
import type { ReadItem } from './trajectory.ts';

/** Wording and token limits of a reading. */
export interface ReadStepOptions {
  readonly template: PromptTemplate;
  /** Most tokens of a memory, end-of-sequence token included. */
  readonly memoryTokens: number;
  /** Most tokens of the last reply, end-of-sequence token included. */
  readonly answerTokens: number;
}

/** The request of step `step` (0-based): an update for each chunk, then the answer, which sees no chunk. */
export function stepRequest(item: ReadItem, step: number, memory: string, options: ReadStepOptions): Request {
  const { template, memoryTokens, answerTokens } = options;
  const { problem } = item;
  const chunk = item.chunks[step];
  const text = chunk === undefined ? template.answer({ problem, memory }) : template.update({ problem, memory, chunk });
  return {
    prompt: promptOf(template, text),
    seed: deriveSeed(item.seed, 'step', step),
    maxTokens: chunk === undefined ? answerTokens : memoryTokens,
  };
}
