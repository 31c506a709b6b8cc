import type { Reward, RewardContext, RewardTrajectory } from '../custom/reward.ts';
import { RewardError } from '../errors.ts';

/** Mem-alpha's compression: 1 - (length of the last memory / length of the document), not below 0. 0 without a document or a memory. */
export function compression(): Reward {
  return ({ item: { chunks }, memories }, { countTokens }) => {
    const input = chunks.reduce((sum, chunk) => sum + countTokens(chunk), 0);
    const memory = memories.at(-1);
    return input === 0 || memory === undefined || memory === '' ? 0 : Math.max(0, 1 - countTokens(memory) / input);
  };
}

export interface LengthPenaltyOptions {
  /** Length up to which nothing is taken off. */
  readonly free: number;
  /** Length at which the whole 1 is taken off; above `free`. */
  readonly most: number;
  /** What is measured. Default: the last reply, by `context.countTokens`. */
  readonly length?: (trajectory: RewardTrajectory, context: RewardContext) => number;
}

/** 0 down to -1, falling in a straight line between the two lengths (DAPO's soft punishment). Throws `RewardError` (`bad-options`). */
export function lengthPenalty({ free, most, length }: LengthPenaltyOptions): Reward {
  if (!(free >= 0 && most > free && Number.isFinite(most))) {
    throw new RewardError('bad-options', `free is ${free}, most ${most}: give 0 <= free < most`);
  }
  return (trajectory, context) => {
    const size = length ? length(trajectory, context) : context.countTokens(trajectory.answerText);
    return -Math.min(1, Math.max(0, (size - free) / (most - free))) || 0;
  };
}
