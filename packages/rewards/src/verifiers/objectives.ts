import { exactMatch } from './answer-match.ts';
import type { Verifier } from './answer-match.ts';

/**
 * MEM1's reward for several questions at once: the number of places whose answer (`answer1; answer2; ...`) is right, 0 to the number of
 * questions. Missing answers leave partial credit, surplus ones are ignored.
 */
export function countObjectives(answer: string, targets: readonly (readonly string[])[], verify: Verifier = exactMatch): number {
  const answers = answer.split(';');
  return targets.reduce((count, gold, place) => count + verify((answers[place] ?? '').trim(), gold), 0);
}
