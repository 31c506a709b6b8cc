import { BenchmarkError } from '../errors.ts';
import type { BenchmarkItem } from '../items/benchmark-item.ts';

/**
 * MEM1's composition: consecutive `objectives` questions become one, in order and never mixed, each with a question mark and semicolons
 * between them; a remainder is dropped. One list of gold answers stands for each. Throws `BenchmarkError` (`bad-options`).
 */
export function composeObjectives(items: readonly BenchmarkItem[], objectives: number): BenchmarkItem[] {
  if (!Number.isInteger(objectives) || objectives < 1) {
    throw new BenchmarkError('bad-options', `objectives is ${objectives}: give a whole number of at least 1`);
  }
  if (objectives === 1) return [...items];
  const composed: BenchmarkItem[] = [];
  for (let start = 0; start + objectives <= items.length; start += objectives) {
    const parts = items.slice(start, start + objectives);
    const lists = parts.map(({ id, gold }) => {
      if (gold.kind === 'any') return gold.answers;
      throw new BenchmarkError('bad-options', `${id} is no question with one answer: compose only questions to be searched for`);
    });
    const evidence = parts.flatMap((part) => part.evidence ?? []);
    composed.push({
      id: parts.map(({ id }) => id).join('+'),
      question: parts.map(({ question }) => withMark(question)).join('; '),
      gold: { kind: 'each', answers: lists },
      group: parts[0]!.group,
      ...(evidence.length === objectives ? { evidence: async () => (await Promise.all(evidence.map(async (open) => open()))).flat() } : {}),
    });
  }
  return composed;
}

function withMark(question: string): string {
  const text = question.trim();
  return text.endsWith('?') ? text : `${text}?`;
}
