import { rolloutMemTrain } from '@memtrain/agent';
import type { RolloutDocument, ScoredReading } from '@memtrain/agent';
import type { Model } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import { memtrainRewards } from '../training/memtrain-rewards.ts';
import type { ReadingOptions } from '../training/reading-rollout.ts';

export interface EvaluateDocumentsOptions {
  readonly reading: ReadingOptions;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Steps done of all steps. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads every document once, with the rollouts that training uses; a reading's `outcome` is 1 when its answer is right. In the documents' order.
 * Throws `MemtrainError` (`bad-options`) when every reading failed, naming why; a single failed call counts as wrong.
 */
export async function evaluateDocuments(
  model: Model,
  documents: readonly RolloutDocument[],
  options: EvaluateDocumentsOptions,
): Promise<readonly ScoredReading[]> {
  const { reading, seed, signal, onProgress } = options;
  const { readings } = await rolloutMemTrain(model, documents, {
    ...reading,
    seed,
    trajectories: 1,
    recallSamples: 0,
    rewards: memtrainRewards(0),
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (_stage, done, total) => onProgress(done, total) }),
  });
  if (readings.length > 0 && readings.every(({ trajectory }) => trajectory.error)) {
    const { error } = readings[0]!.trajectory;
    throw new MemtrainError('bad-options', `no document could be read: ${error!.message}`, { cause: error });
  }
  return readings;
}
