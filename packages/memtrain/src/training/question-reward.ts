import type { GoldAnswers } from '@memtrain/benchmarks';
import { countObjectives, exactMatch, wordSubExactMatch } from '@memtrain/rewards';

/**
 * What an answer to a question is worth: exact match; for several questions at once the number of right ones (MEM1); where several things must
 * be named, 1 when all are.
 */
export function questionReward(answer: string | undefined, gold: GoldAnswers): number {
  if (answer === undefined) return 0;
  if (gold.kind === 'any') return exactMatch(answer, gold.answers);
  if (gold.kind === 'each') return countObjectives(answer, gold.answers);
  return gold.answers.every((one) => wordSubExactMatch(answer, [one]) === 1) ? 1 : 0;
}
