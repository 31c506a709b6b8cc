import type { RolloutRewards } from '@memtrain/agent';
import { endToEndReward, recallReward } from '@memtrain/rewards';

/** Equations 1 and 2 with exact match. */
export function memtrainRewards(lambda: number): RolloutRewards {
  return {
    recall: (answer, target) => recallReward(answer, target),
    endToEnd: (answer, gold, recallRewards) => endToEndReward(answer, gold, { recallRewards, lambda }),
  };
}
