import { computeRewards } from '@memtrain/rewards';
import type { ComputeRewardsOptions, Reward, RewardTrajectory } from '@memtrain/rewards';

const reading = {
  id: 'd1/0',
  item: { problem: 'Which city?', chunks: ['x'.repeat(60), 'y'.repeat(40)] },
  memories: ['a city in France', 'Paris is the city'],
  answerText: 'It is \\boxed{Paris}',
  gold: ['Paris'],
};
export const unanswered: RewardTrajectory = { ...reading, answerText: 'I do not know' };

/** A right answer after two chunks, unless told otherwise. */
export function trajectory(changes: Partial<RewardTrajectory> = {}): RewardTrajectory {
  return { ...reading, answer: 'Paris', ...changes };
}

export async function score(
  reward: Reward,
  each: RewardTrajectory = trajectory(),
  context: ComputeRewardsOptions['context'] = {},
): Promise<number> {
  return (await computeRewards(reward, [each], { context }))[0]!.reward;
}
