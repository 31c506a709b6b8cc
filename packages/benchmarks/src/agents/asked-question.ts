import type { BenchmarkItem } from '../items/benchmark-item.ts';

/** The question, and how several answers are to be given. */
export function askedQuestion({ question, gold }: BenchmarkItem): string {
  if (gold.kind === 'each') return `${question}\nAnswer the questions in their order, with semicolons between the answers.`;
  if (gold.kind === 'all' && gold.answers.length > 1) return `${question}\nName all ${gold.answers.length}, with commas between them.`;
  return question;
}
