import { RewardError } from '../errors.ts';
import type { Verifier } from './answer-match.ts';

/** One term of a `weightedSum`. */
export interface WeightedVerifier {
  readonly weight: number;
  readonly verify: Verifier;
}

/** The verifier that adds up others, each times its weight. Throws `RewardError` (`bad-options`) for a weight that is not finite. */
export function weightedSum(terms: readonly WeightedVerifier[]): Verifier {
  for (const [index, { weight }] of terms.entries()) {
    if (!Number.isFinite(weight)) throw new RewardError('bad-options', `the weight of term ${index} is ${weight}: give a finite number`);
  }
  return (answer, gold) => terms.reduce((sum, { weight, verify }) => sum + weight * verify(answer, gold), 0);
}
