import { deriveSeed } from '@memtrain/policy';
import type { Request } from '@memtrain/policy';
import { promptOf } from '../schedule/complete-all.ts';
import type { ReadingStyle } from './reading-style.ts';

/** One step of a reading, 0-based: an update while there is a chunk, else the answer, which sees none. */
export interface ReadStep {
  readonly step: number;
  readonly chunk: string | undefined;
  readonly memory: string;
}

/** The request of a step. All reading goes through it: one text, many documents, training and evaluation ask alike. */
export function stepRequest(item: { readonly problem: string; readonly seed: number }, at: ReadStep, style: ReadingStyle): Request {
  const { template, memoryTokens, answerTokens } = style;
  const { problem } = item;
  const { step, chunk, memory } = at;
  const text = chunk === undefined ? template.answer({ problem, memory }) : template.update({ problem, memory, chunk });
  return {
    prompt: promptOf(template, text),
    seed: deriveSeed(item.seed, 'step', step),
    maxTokens: chunk === undefined ? answerTokens : memoryTokens,
  };
}
