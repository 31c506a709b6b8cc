import { RewardError } from '../errors.ts';
import { exactMatch } from '../verifiers/answer-match.ts';
import { callRewards, callReward, shortList } from './call-reward.ts';
import type { ComputedReward } from './call-reward.ts';
import type { BatchReward, Reward, RewardContext, RewardTrajectory } from './reward.ts';

export interface ComputeRewardsOptions {
  /** What rewards may use. Default: `exactMatch`, and lengths in characters. */
  readonly context?: Partial<Omit<RewardContext, 'signal'>>;
  /** Longest time a trajectory, or a batch, may take. Default 60,000; Infinity: any time. */
  readonly timeoutMs?: number;
  /** Most trajectories in work at once; batches are not split. Default 16. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

/**
 * Rewards of trajectories, in order. The first that cannot be computed ends it with a `RewardError` that holds the trajectory's id, and
 * nothing counts as zero: `reward-failed` (threw), `not-a-number` (not finite, or nothing), `wrong-count` (a batch of another length),
 * `timeout`. Throws the signal's reason when it is aborted. A function that never yields to the event loop cannot be timed out.
 */
export async function computeRewards(
  reward: Reward | BatchReward,
  trajectories: readonly RewardTrajectory[],
  options: ComputeRewardsOptions = {},
): Promise<ComputedReward[]> {
  const { timeoutMs = 60_000, concurrency = 16 } = options;
  if (!(timeoutMs > 0) || !Number.isInteger(concurrency) || concurrency < 1) {
    throw new RewardError('bad-options', `timeoutMs is ${timeoutMs}, concurrency ${concurrency}: give a time and a whole number above 0`);
  }
  options.signal?.throwIfAborted();
  if (trajectories.length === 0) return [];
  const ended = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal;
  const context = { verify: exactMatch, countTokens: (text: string) => [...text].length, ...options.context, signal };
  const limited = <T>(work: Promise<T>, ids: readonly string[]): Promise<T> => within(work, { ids, timeoutMs, signal });
  try {
    if (typeof reward !== 'function')
      return await limited(
        callRewards(reward, trajectories, context),
        trajectories.map(({ id }) => id),
      );
    const computed: ComputedReward[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < trajectories.length) {
        const place = next++;
        const trajectory = trajectories[place]!;
        computed[place] = await limited(callReward(reward, trajectory, context), [trajectory.id]);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, trajectories.length) }, work));
    return computed;
  } finally {
    ended.abort();
  }
}

interface WithinOptions {
  readonly ids: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The work's result, or an error once the time is up or the signal is aborted. */
function within<T>(work: Promise<T>, { ids, timeoutMs, signal }: WithinOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const message = `the reward of trajectory ${shortList(ids)} took more than ${timeoutMs} ms: repair it, or raise timeoutMs`;
    // A timer of more than 2^31 - 1 ms would fire at once.
    const timer = timeoutMs > 0x7fffffff ? undefined : setTimeout(() => reject(new RewardError('timeout', message, { ids })), timeoutMs);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}
