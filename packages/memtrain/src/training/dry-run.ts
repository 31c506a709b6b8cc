import { rolloutMemTrain, type EntitiesOf, type RolloutDocument } from '@memtrain/agent';
import type { TrainConfig } from '../config/train-config.ts';
import { memtrainRewards } from './memtrain-rewards.ts';
import { probeUpdate, type ProbedLearner } from './probe-update.ts';
import type { ReadingOptions } from './reading-rollout.ts';
import { requireFinished } from './require-finished.ts';
import { describeMemory, describeTime, stateBytes, type StateBytes, type UpdateSeconds } from './state-bytes.ts';

export interface DryRunOptions {
  readonly config: TrainConfig;
  /** The documents of the first update. */
  readonly documents: readonly RolloutDocument[];
  readonly reading: ReadingOptions;
  readonly entitiesOf: EntitiesOf;
}

/** What an update would cost. */
export interface DryRunEstimate {
  /** Chunks of the first update's documents. */
  readonly chunks: number;
  /** Conversations of an update: memory updates and answers of all readings, and recall answers. */
  readonly conversations: { readonly reading: number; readonly recall: number };
  /** Tokens of an update; completions, those of leak probes too, are an upper bound, as if every one used its budget. */
  readonly promptTokens: number;
  readonly mostSampledTokens: number;
  readonly stateBytes: StateBytes;
  /** Resident memory of this process after the probe, in bytes. */
  readonly residentBytes: number;
  /** From one document read twice, scaled by conversations: an upper estimate, larger batches cost less each. */
  readonly secondsPerUpdate: UpdateSeconds;
}

/**
 * Reads one document twice, scores that as often as an update does, and takes one gradient, without a step, to say what an update of the
 * configuration would cost. Throws `MemtrainError` (`bad-options`) when neither reading can be finished, as a run would.
 */
export async function estimateTraining(learner: ProbedLearner, options: DryRunOptions): Promise<DryRunEstimate> {
  const { config, documents, reading, entitiesOf } = options;
  const { groupSize, recallSamples, lambda, leakProbes } = config.objective;
  const chunks = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  const readingConversations = groupSize * (chunks + documents.length);
  const leakConversations = leakProbes * documents.length;
  const recallConversations = documents.filter((document) => document.chunks.length > 1).length * groupSize * recallSamples;

  const started = performance.now();
  const { groups, readings } = await rolloutMemTrain(await learner.model(), documents.slice(0, 1), {
    ...reading,
    seed: config.seed,
    trajectories: 2,
    recallSamples: Math.min(2, recallSamples),
    couple: lambda > 0,
    rewards: memtrainRewards(lambda),
    entitiesOf,
  });
  const rollout = (performance.now() - started) / 1000;
  requireFinished(groups, { step: 1, trajectories: readings.map(({ trajectory }) => trajectory) });
  const probe = await probeUpdate(learner, groups, config);
  const trained = readingConversations + recallConversations;
  const scale = trained / probe.conversations;
  return {
    chunks,
    conversations: { reading: readingConversations, recall: recallConversations },
    promptTokens: Math.round(probe.promptTokens * scale),
    mostSampledTokens:
      groupSize * (chunks * reading.memoryTokens + documents.length * reading.answerTokens) +
      (recallConversations + leakConversations) * reading.answerTokens,
    stateBytes: stateBytes(learner, config),
    residentBytes: process.memoryUsage().rss,
    secondsPerUpdate: {
      rollout: rollout * scale * (1 + leakConversations / trained),
      logprobs: probe.seconds.logprobs * scale,
      update: probe.seconds.update * scale * config.innerSteps,
    },
  };
}

/** The estimate as lines for a reader. */
export function describeEstimate(estimate: DryRunEstimate, config: TrainConfig): string[] {
  const { conversations } = estimate;
  return [
    `an update: ${config.documentsPerStep} documents of ${estimate.chunks} chunks together, ${config.objective.groupSize} readings of each`,
    `conversations an update: ${conversations.reading} of readings, ${conversations.recall} of recalls`,
    `tokens an update: about ${estimate.promptTokens} of prompts, at most ${estimate.mostSampledTokens} sampled`,
    describeMemory(estimate.stateBytes, estimate.residentBytes),
    describeTime(estimate.secondsPerUpdate, config),
  ];
}
