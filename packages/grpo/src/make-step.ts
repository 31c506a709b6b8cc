import type { RolloutGroup } from '@memtrain/policy';
import { deriveSeed, type Conversation } from '@memtrain/policy';
import { asJson } from './configuration.ts';
import { filterGroups } from './filter-groups.ts';
import { learningRate } from './learning-rate.ts';
import { checkGroups } from './check-groups.ts';
import { statisticsByObjective } from './statistics.ts';
import type { Rollout, StepRecord, TrainOptions } from './train-options.ts';
import { logprobsOf, updatePolicy } from './update-policy.ts';

export interface MadeStep {
  readonly record: StepRecord;
  readonly seconds: { readonly rollout: number; readonly update: number };
}

/** Rollout and update of one step, or `undefined` when the signal came before the weights were touched. */
export async function makeStep(step: number, options: TrainOptions): Promise<MadeStep | undefined> {
  const { learner, seed, loss, filter, advantage, aggregation, constantLength, innerSteps, minibatches, signal } = options;
  const temperature = loss.temperature ?? 1;
  const started = performance.now();
  const rollout = await rolloutUnlessAborted(step, options);
  if (!rollout) return undefined;
  const rolledOut = performance.now();
  checkGroups(rollout.groups);
  const { kept } = filterGroups(rollout.groups, filter);
  const recomputed = options.recomputeOldLogprobs ? await logprobsOf(learner, kept, { name: 'the learner', temperature }) : undefined;
  const groups = recomputed ? withLogprobs(kept, recomputed) : kept;
  const reference =
    loss.kl > 0 && options.reference
      ? await logprobsOf(options.reference, groups, { name: 'the reference policy', temperature })
      : undefined;
  if (signal?.aborted) return undefined;
  const rate = learningRate(options.schedule, step);
  const adam = { ...options.adam, learningRate: rate };
  const shuffleSeed = deriveSeed(seed, 'update', step);
  const metrics = await updatePolicy(learner, groups, {
    loss,
    adam,
    seed: shuffleSeed,
    advantage,
    aggregation,
    constantLength,
    reference,
    innerSteps,
    minibatches,
  });
  const conversations = kept.flatMap((group) => group.trajectories.flatMap((trajectory) => trajectory.conversations));
  const record: StepRecord = {
    step,
    learningRate: rate,
    skipped: metrics.optimizerSteps === 0,
    groups: rollout.groups.length,
    kept: kept.length,
    conversations: conversations.length,
    tokens: conversations.reduce((sum, conversation) => sum + conversation.completion.length, 0),
    ...metrics,
    ...(reference && { referenceKl: referenceKl(reference) }),
    ...(recomputed && { samplerMismatch: samplerMismatch(recomputed) }),
    objectives: statisticsByObjective(rollout.groups, kept),
    rollout: asJson(rollout.metrics ?? {}),
  };
  return {
    record,
    seconds: {
      rollout: (rolledOut - started) / 1000,
      update: (performance.now() - rolledOut) / 1000,
    },
  };
}

async function rolloutUnlessAborted(step: number, options: TrainOptions): Promise<Rollout | undefined> {
  const { learner, seed, signal } = options;
  try {
    const model = await learner.model();
    const rollout = await options.rollout({
      step,
      seed: deriveSeed(seed, 'rollout', step),
      model,
      ...(signal && { signal }),
    });
    return signal?.aborted ? undefined : rollout;
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
}

function withLogprobs(groups: readonly RolloutGroup[], logprobs: ReadonlyMap<Conversation, Float32Array>): RolloutGroup[] {
  const replace = (conversation: Conversation): Conversation => ({
    ...conversation,
    logprobs: logprobs.get(conversation) ?? conversation.logprobs,
  });
  return groups.map((group) => ({
    ...group,
    trajectories: group.trajectories.map((trajectory) => ({
      ...trajectory,
      conversations: trajectory.conversations.map(replace),
    })),
  }));
}

/** Unbiased on samples of the policy, and never negative. */
function referenceKl(reference: ReadonlyMap<Conversation, Float32Array>): number {
  const { sum, tokens } = overTokens(reference, (known, sampled) => Math.expm1(known - sampled) - (known - sampled));
  return tokens === 0 ? 0 : sum / tokens;
}

function samplerMismatch(recomputed: ReadonlyMap<Conversation, Float32Array>): {
  mean: number;
  largest: number;
} {
  const { sum, tokens, largest } = overTokens(recomputed, (own, sampled) => Math.abs(own - sampled));
  return { mean: tokens === 0 ? 0 : sum / tokens, largest };
}

function overTokens(
  values: ReadonlyMap<Conversation, Float32Array>,
  measure: (value: number, sampled: number) => number,
): { sum: number; tokens: number; largest: number } {
  const found = { sum: 0, tokens: 0, largest: 0 };
  for (const [{ logprobs }, own] of values) {
    for (let t = 0; t < own.length; t++) {
      const measured = measure(own[t]!, logprobs[t]!);
      found.sum += measured;
      found.tokens++;
      found.largest = Math.max(found.largest, measured);
    }
  }
  return found;
}
