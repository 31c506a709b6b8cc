import type { Reward, RewardTrajectory } from '../custom/reward.ts';

/** 1 when the last reply is well-formed, else 0. Default: an answer was found in it. A regular expression is tried on the whole reply. */
export function format(wellFormed: RegExp | ((trajectory: RewardTrajectory) => boolean) = ({ answer }) => answer !== undefined): Reward {
  if (typeof wellFormed === 'function') return (trajectory) => (wellFormed(trajectory) ? 1 : 0);
  // Without flags that make it remember where it was.
  const pattern = new RegExp(wellFormed.source, wellFormed.flags.replace(/[gy]/g, ''));
  return ({ answerText }) => (pattern.test(answerText) ? 1 : 0);
}
