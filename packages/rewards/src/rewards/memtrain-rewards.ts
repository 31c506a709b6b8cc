import { RewardError } from '../errors.ts';
import { exactMatch } from '../verifiers/answer-match.ts';
import type { Verifier } from '../verifiers/answer-match.ts';

export interface RecallRewardOptions {
  /** Decides whether the answer is the target. Default `exactMatch`. */
  readonly verify?: Verifier;
}

export interface EndToEndRewardOptions {
  /** Rewards R^I of the trajectory's G2 recall answers. Empty (the default): no coupling term. */
  readonly recallRewards?: readonly number[];
  /** Weight lambda of the coupling term, at least 0. Default 0.5; 0 decouples the two tasks. */
  readonly lambda?: number;
  /** Decides whether the answer is right. Default `exactMatch`. */
  readonly verify?: Verifier;
}

/** What a trajectory earned: `outcome` is the verifier's verdict alone, `reward` adds the coupling term. */
export interface EndToEndReward {
  readonly reward: number;
  readonly outcome: number;
}

/** Equation 1: R^I = 1[y^I = y~]. No answer (undefined) earns 0. */
export function recallReward(answer: string | undefined, target: string, options: RecallRewardOptions = {}): number {
  const { verify = exactMatch } = options;
  return answer === undefined ? 0 : verify(answer, [target]);
}

/**
 * Equation 2: R^E = 1[y^E = y] + (lambda / G2) * sum of R^I, G2 = the number of recall rewards given (0 leaves the term out).
 * No answer (undefined) has outcome 0 and keeps the coupling term. Throws `RewardError` (`bad-options`) for a bad lambda.
 */
export function endToEndReward(answer: string | undefined, gold: readonly string[], options: EndToEndRewardOptions = {}): EndToEndReward {
  const { recallRewards = [], lambda = 0.5, verify = exactMatch } = options;
  if (!Number.isFinite(lambda) || lambda < 0) {
    throw new RewardError('bad-options', `lambda is ${lambda}: give a number of at least 0 (0 decouples the recall task)`);
  }
  const outcome = answer === undefined ? 0 : verify(answer, gold);
  const recalled = recallRewards.reduce((sum, reward) => sum + reward, 0);
  const reward = recallRewards.length === 0 ? outcome : outcome + (lambda / recallRewards.length) * recalled;
  return { reward, outcome };
}
