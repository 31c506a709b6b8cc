import type { RolloutContext } from '@memtrain/grpo';
import { deriveSeed } from '@memtrain/policy';
import type { TrainConfig } from '../config/train-config.ts';
import { probeUpdate, type ProbedLearner } from './probe-update.ts';
import type { TaskRollout } from './run-training.ts';
import { describeMemory, describeTime, stateBytes, type StateBytes, type UpdateSeconds } from './state-bytes.ts';

export interface EstimateSearchOptions {
  readonly config: TrainConfig;
  /** Two searches for one question. */
  readonly probe: (context: RolloutContext) => Promise<TaskRollout>;
}

/** What an update of searches would cost, at most: as if every search took all its turns. */
export interface SearchEstimate {
  readonly searches: number;
  readonly mostConversations: number;
  readonly mostSampledTokens: number;
  /** Of a conversation, in the probe. */
  readonly promptTokens: number;
  readonly stateBytes: StateBytes;
  /** Resident memory of this process after the probe, in bytes. */
  readonly residentBytes: number;
  readonly secondsPerUpdate: UpdateSeconds;
}

/** Searches twice for one question, scores that as often as an update does, and takes one gradient, without a step. */
export async function estimateSearch(learner: ProbedLearner, options: EstimateSearchOptions): Promise<SearchEstimate> {
  const { config } = options;
  const { turns, replyTokens } = config.search!;
  const started = performance.now();
  const seed = deriveSeed(config.seed, 'rollout', 1);
  const { groups } = await options.probe({ step: 1, attempt: 0, policyVersion: 0, seed, model: await learner.model() });
  const rollout = (performance.now() - started) / 1000;
  const probe = await probeUpdate(learner, groups, config);
  const probed = Math.max(1, probe.conversations);
  const searches = config.documentsPerStep * config.objective.groupSize;
  const mostConversations = searches * turns;
  const scale = mostConversations / probed;
  return {
    searches,
    mostConversations,
    mostSampledTokens: mostConversations * replyTokens,
    promptTokens: Math.round(probe.promptTokens / probed),
    stateBytes: stateBytes(learner, config),
    residentBytes: process.memoryUsage().rss,
    secondsPerUpdate: {
      rollout: rollout * scale,
      logprobs: probe.seconds.logprobs * scale,
      update: probe.seconds.update * scale * config.innerSteps,
    },
  };
}

/** The estimate as lines for a reader. */
export function describeSearchEstimate(estimate: SearchEstimate, config: TrainConfig): string[] {
  const { searches, mostConversations, mostSampledTokens, promptTokens } = estimate;
  return [
    `an update: ${config.documentsPerStep} questions, ${config.objective.groupSize} searches for each, ${searches} together`,
    `conversations an update: at most ${mostConversations}, one a turn`,
    `tokens an update: at most ${mostSampledTokens} sampled; a prompt of the probe had ${promptTokens}`,
    describeMemory(estimate.stateBytes, estimate.residentBytes),
    describeTime(estimate.secondsPerUpdate, config),
  ];
}
