import type { Reward } from '../custom/reward.ts';
import type { Verifier } from '../verifiers/answer-match.ts';
import { endToEndReward } from './memtrain-rewards.ts';

/** The outcome of E alone: the verifier's verdict on the answer, 0 without one. Default: the context's verifier. */
export function outcome(options: { readonly verify?: Verifier } = {}): Reward {
  return ({ answer, gold }, context) => (answer === undefined ? 0 : (options.verify ?? context.verify)(answer, gold));
}

/** R^E of equation 2 from `trajectory.recallRewards`; the outcome alone is the metric `outcome`. Throws as `endToEndReward` does. */
export function coupled(options: { readonly lambda?: number; readonly verify?: Verifier } = {}): Reward {
  return ({ answer, gold, recallRewards = [] }, context) => {
    const { reward, outcome: verdict } = endToEndReward(answer, gold, { verify: context.verify, ...options, recallRewards });
    return { reward, metrics: { outcome: verdict } };
  };
}
