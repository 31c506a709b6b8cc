import type { PromptTemplate } from './prompt-template.ts';

/** Prompts of the synthetic miniature world: words are tokens, tags are words, the reply is the memory or the answer itself. */
export const miniatureTemplate: PromptTemplate = {
  name: 'miniature',
  chat: false,
  update: ({ problem, memory, chunk }) => `<q> ${problem} <mem> ${memory} <chk> ${chunk} <upd>`,
  updateChunkFirst: ({ problem, memory, chunk }) => `<q> ${problem} <chk> ${chunk} <mem> ${memory} <upd>`,
  answer: ({ problem, memory }) => `<q> ${problem} <mem> ${memory} <ans>`,
  recall: ({ memory, chunk }) => `<q> which [TARGET] ? <mem> ${memory} <chk> ${chunk} <ans>`,
  parseMemory: (text) => text.trim(),
  parseAnswer: (text) => text.trim() || undefined,
  emptyMemory: '',
  problem: 'which [MASK] ?',
  target: '[TARGET]',
};
