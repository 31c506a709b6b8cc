import { RewardError } from '../errors.ts';
import type { BatchReward, Reward, RewardContext, RewardTrajectory, RewardValue } from './reward.ts';

/** What a trajectory earned. */
export interface ComputedReward {
  readonly reward: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Calls a reward. Throws `RewardError` that holds the trajectory's id: its own, `reward-failed` for any other error, `not-a-number`. */
export async function callReward(reward: Reward, trajectory: RewardTrajectory, context: RewardContext): Promise<ComputedReward> {
  let value: RewardValue;
  try {
    value = await reward(trajectory, context);
  } catch (cause) {
    throw failedReward(cause, [trajectory.id]);
  }
  return checkReward(value, trajectory.id);
}

/**
 * Calls a reward for many trajectories, all at once. Throws `RewardError` that holds their ids: its own, `reward-failed` for any other
 * error, `wrong-count`, `not-a-number`.
 */
export async function callRewards(
  reward: Reward | BatchReward,
  trajectories: readonly RewardTrajectory[],
  context: RewardContext,
): Promise<ComputedReward[]> {
  if (typeof reward === 'function') return Promise.all(trajectories.map((each) => callReward(reward, each, context)));
  const ids = trajectories.map(({ id }) => id);
  let values: unknown;
  try {
    values = await reward.batch(trajectories, context);
  } catch (cause) {
    throw failedReward(cause, ids);
  }
  if (!Array.isArray(values) || values.length !== ids.length) {
    const got = Array.isArray(values) ? `${values.length} values` : 'no list';
    throw new RewardError(
      'wrong-count',
      `a batch of ${ids.length} trajectories (${shortList(ids)}) got ${got}: return one value for each`,
      { ids },
    );
  }
  return ids.map((id, place) => checkReward(values[place] as RewardValue, id));
}

/** An error of a reward's code as one that holds the ids of the trajectories. */
function failedReward(cause: unknown, ids: readonly string[]): RewardError {
  if (RewardError.isInstance(cause) && cause.ids.length > 0) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const code = RewardError.isInstance(cause) ? cause.code : 'reward-failed';
  return new RewardError(code, `the reward of trajectory ${shortList(ids)} failed: ${said}`, { cause, ids });
}

/** A reward's value, checked. Throws `RewardError` (`not-a-number`). */
function checkReward(value: RewardValue | null | undefined, id: string): ComputedReward {
  const { reward, metrics = {} } = typeof value === 'object' && value !== null ? value : { reward: value as number };
  const wrong = (name: string, found: unknown): RewardError =>
    new RewardError('not-a-number', `the ${name} of trajectory ${id} is ${String(found)}: return a finite number`, { ids: [id] });
  if (!Number.isFinite(reward)) throw wrong('reward', reward);
  for (const [name, metric] of Object.entries(metrics)) if (!Number.isFinite(metric)) throw wrong(`metric ${name}`, metric);
  return { reward, metrics };
}

/** The first ids of a list. */
export function shortList(ids: readonly string[]): string {
  return ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
}
