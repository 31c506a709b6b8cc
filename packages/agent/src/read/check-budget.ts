import type { Model } from '@memtrain/policy';
import { AgentError } from '../errors.ts';
import type { PromptTemplate } from '../templates/prompt-template.ts';
import type { ReadingStyle } from './reading-style.ts';
import { tokenCutter } from './token-cutter.ts';
import type { TokenCutter } from './token-cutter.ts';
import type { ReadItem } from './trajectory.ts';

export interface CheckBudgetOptions {
  readonly contextTokens: number;
  /** Tokens of the largest chunk; 0 when there is none. */
  readonly chunkTokens: number;
  readonly problem: string;
  /** Also check the recall task, which shows a memory and a chunk. */
  readonly recall?: boolean;
}

/**
 * Throws `AgentError` (`bad-options`), with the sum, when a prompt of the largest parts and the reply to it do not fit the model's context.
 */
export function checkBudget(cutter: TokenCutter, style: ReadingStyle, options: CheckBudgetOptions): void {
  const { contextTokens, chunkTokens, problem, recall = false } = options;
  const { template, answerTokens } = style;
  const memory = Math.max(style.memoryTokens, cutter.count(template.emptyMemory));
  const frame = (text: string): number => cutter.countPrompt(template, text);
  const check = (what: string, parts: Readonly<Record<string, number>>): void => {
    const sum = Object.values(parts).reduce((total, tokens) => total + tokens, 0);
    if (sum <= contextTokens) return;
    const terms = Object.entries(parts).map(([name, tokens]) => `${tokens} (${name})`);
    throw new AgentError(
      'bad-options',
      `${what} needs ${cutter.exact ? '' : 'about '}${sum} tokens = ${terms.join(' + ')}, but the context is ${contextTokens}: lower ` +
        'chunkTokens, memoryTokens or answerTokens, or use a model with a larger context',
    );
  };
  if (chunkTokens > 0) {
    const fixed = frame(updateFrame(template, problem));
    check('an update', { 'template and problem': fixed, chunk: chunkTokens, memory, 'new memory': style.memoryTokens });
  }
  check('the answer', { 'template and problem': frame(template.answer({ problem, memory: '' })), memory, answer: answerTokens });
  if (recall && chunkTokens > 0) {
    check('a recall', { template: frame(template.recall({ memory: '', chunk: '' })), memory, chunk: chunkTokens, answer: answerTokens });
  }
}

const updateFrame = (template: PromptTemplate, problem: string): string => template.update({ problem, memory: '', chunk: '' });

/** `checkBudget` with the longest chunk and the longest problem of the items, by their bytes: to count the tokens of all would take long. */
export function checkItemsBudget(
  model: Model,
  items: readonly Pick<ReadItem, 'problem' | 'chunks'>[],
  options: { readonly style: ReadingStyle; readonly contextTokens: number; readonly recall?: boolean },
): void {
  const cutter = tokenCutter(model);
  const problem = longest(items.map((item) => item.problem));
  const chunk = longest(items.flatMap((item) => item.chunks));
  checkBudget(cutter, options.style, { ...options, problem, chunkTokens: cutter.count(chunk) });
}

/** Bytes go with tokens in every script; characters do not: a Chinese one takes as many tokens as several Latin ones. */
function longest(texts: readonly string[]): string {
  let found = '';
  let most = 0;
  for (const text of texts) {
    const size = Buffer.byteLength(text);
    if (size <= most) continue;
    most = size;
    found = text;
  }
  return found;
}
