import { rolloutMemTrain, type EntitiesOf, type RolloutDocument } from '@memtrain/agent';
import { buildData } from '@memtrain/grpo';
import type { Learner } from '@memtrain/policy';
import type { TrainConfig } from '../config/train-config.ts';
import { memtrainRewards } from './memtrain-rewards.ts';
import type { ReadingOptions } from './run-training.ts';
import { trainingSettings } from './training-settings.ts';

export interface DryRunOptions {
  readonly config: TrainConfig;
  /** The documents of the first update. */
  readonly documents: readonly RolloutDocument[];
  readonly reading: ReadingOptions;
  readonly entitiesOf: EntitiesOf;
  readonly parameterCount: number;
}

/** What an update would cost. */
export interface DryRunEstimate {
  /** Chunks of the first update's documents. */
  readonly chunks: number;
  /** Conversations of an update: memory updates and answers of all readings, and recall answers. */
  readonly conversations: { readonly reading: number; readonly recall: number };
  /** Tokens of an update; completions are an upper bound, as if every one used its budget. */
  readonly promptTokens: number;
  readonly mostSampledTokens: number;
  /** Trained weights, their gradient and the optimizer's two moments, and as much for a reference policy with weights of its own, in bytes. */
  readonly stateBytes: number;
  /** Resident memory of this process after the probe, in bytes. */
  readonly residentBytes: number;
  /** From one document read twice, scaled by conversations: an upper estimate, larger batches cost less each. */
  readonly secondsPerUpdate: { readonly rollout: number; readonly update: number };
}

/** Reads one document twice and takes one gradient, without a step, to say what an update of the configuration would cost. */
export async function estimateTraining(learner: Learner, options: DryRunOptions): Promise<DryRunEstimate> {
  const { config, documents, reading, entitiesOf } = options;
  const { groupSize, recallSamples, lambda } = config.objective;
  const chunks = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  const readingConversations = groupSize * (chunks + documents.length);
  const recallConversations = documents.filter((document) => document.chunks.length > 1).length * groupSize * recallSamples;

  const started = performance.now();
  const recalls = Math.min(2, recallSamples);
  const { groups } = await rolloutMemTrain(await learner.model(), documents.slice(0, 1), {
    ...reading,
    seed: config.seed,
    trajectories: 2,
    recallSamples: recalls,
    couple: lambda > 0,
    rewards: memtrainRewards(lambda),
    entitiesOf,
  });
  const rolledOut = performance.now();
  const { data } = buildData(groups, { filter: 'none' });
  if (data.length > 0) {
    // Rewards may all be equal: an advantage of 1 makes the gradient cost what it will.
    const { loss } = trainingSettings({ ...config, objective: { ...config.objective, importance: 'token', kl: 0 } });
    const { importance: _, ...policyGradient } = loss;
    await learner.forwardBackward(
      data.map((datum) => ({ ...datum, advantage: 1 })),
      { kind: 'policyGradient', ...policyGradient, temperature: reading.temperature },
    );
  }
  const updated = performance.now();
  const probed = Math.max(1, data.length);
  const promptTokens = data.reduce((sum, { prompt }) => sum + prompt.length, 0) / probed;
  const conversations = readingConversations + recallConversations;
  const scale = conversations / probed / 1000;
  return {
    chunks,
    conversations: { reading: readingConversations, recall: recallConversations },
    promptTokens: Math.round(promptTokens * conversations),
    mostSampledTokens:
      groupSize * (chunks * reading.memoryTokens + documents.length * reading.answerTokens) + recallConversations * reading.answerTokens,
    stateBytes: 4 * 4 * options.parameterCount * (hasOwnReference(config) ? 2 : 1),
    residentBytes: process.memoryUsage().rss,
    secondsPerUpdate: {
      rollout: (rolledOut - started) * scale,
      update: (updated - rolledOut) * scale * config.innerSteps,
    },
  };
}

function hasOwnReference({ objective, model }: TrainConfig): boolean {
  return (objective.kl > 0 || objective.rewardKl > 0) && !model.lora;
}

/** The estimate as lines for a reader. */
export function describeEstimate(estimate: DryRunEstimate, config: TrainConfig): string[] {
  const { conversations, secondsPerUpdate } = estimate;
  const seconds = secondsPerUpdate.rollout + secondsPerUpdate.update;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
  return [
    `an update: ${config.documentsPerStep} documents of ${estimate.chunks} chunks together, ${config.objective.groupSize} readings of each`,
    `conversations an update: ${conversations.reading} of readings, ${conversations.recall} of recalls`,
    `tokens an update: about ${estimate.promptTokens} of prompts, at most ${estimate.mostSampledTokens} sampled`,
    `memory: ${gigabytes(estimate.stateBytes)} of trained weights, gradient, optimizer and reference; ${gigabytes(estimate.residentBytes)} resident after a probe of one document`,
    `time: at most about ${secondsPerUpdate.rollout.toFixed(1)} s of rollouts and ${secondsPerUpdate.update.toFixed(1)} s of training an update, ${((seconds * config.steps) / 3600).toFixed(2)} h for ${config.steps} updates`,
  ];
}
