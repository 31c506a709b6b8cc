import { wordTokenizer } from '@memtrain/policy';
import type { Prompt, Tokenizer } from '@memtrain/policy';

/** Words e0 to e19 are the entities of the tests' documents, w0 to w9 other words. */
export const entities: readonly string[] = Array.from({ length: 20 }, (_, i) => `e${i}`);
const others = Array.from({ length: 10 }, (_, i) => `w${i}`);
const tags = ['<pad>', '<eos>', '<q>', '<mem>', '<chk>', '<upd>', '<ans>', '[MASK]', '[TARGET]', '?', 'which', 'who', 'is'];

export const tokenizer: Tokenizer = wordTokenizer([...tags, ...entities, ...others]);
export const vocabulary: readonly string[] = [...entities, ...others];

export const entitiesOf = (chunk: string): string[] => chunk.split(' ').filter((word) => entities.includes(word));

/** Parts of a miniature prompt; `chunk` is undefined in an answer prompt. */
export function partsOf(promptText: string): { problem: string; memory: string; chunk?: string; kind: 'update' | 'answer' | 'recall' } {
  const [, problem, memory, chunk, end] =
    /^<q> (.*?) ?<mem> (.*?) ?(?:<chk> (.*?) ?)?(<upd>|<ans>)$/.exec(promptText.replace(/\s+/g, ' ').trim()) ?? [];
  if (problem === undefined || memory === undefined || end === undefined) throw new Error(`not a miniature prompt: ${promptText}`);
  const kind = end === '<upd>' ? 'update' : chunk === undefined ? 'answer' : 'recall';
  return { problem, memory, kind, ...(chunk === undefined ? {} : { chunk }) };
}

export const textOf = (prompt: Prompt): string =>
  typeof prompt === 'string'
    ? prompt
    : prompt instanceof Int32Array
      ? tokenizer.decode(prompt)
      : prompt.map(({ content }) => content).join('\n');
