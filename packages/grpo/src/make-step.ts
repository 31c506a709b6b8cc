import { deriveSeed, type RolloutGroup } from '@memtrain/policy';
import { alarmsOf } from './alarms.ts';
import { saveBadBatch } from './bad-batch.ts';
import { conversationsOf, tokensOf } from './conversations-of.ts';
import { GrpoError } from './errors.ts';
import { gatherRollouts } from './gather-rollouts.ts';
import { learningRate } from './learning-rate.ts';
import { meanReferenceKl, replaceLogprobs, samplerMismatch } from './old-logprobs.ts';
import { penalizeRewards } from './reward-kl.ts';
import { repetition } from './repetition.ts';
import { statisticsByObjective } from './statistics.ts';
import type { RunTotals, StepRecord, TrainOptions } from './train-options.ts';
import { logprobsOf, updatePolicy, type UpdateMetrics } from './update-policy.ts';

/** What the steps before this one leave behind. */
export interface RunSoFar {
  readonly totals: RunTotals;
  /** `meanTokens` of the first step that sampled any; absent before it. */
  readonly firstMeanTokens?: number | undefined;
}

export interface MadeStep {
  readonly record: StepRecord;
  readonly seconds: { readonly rollout: number; readonly logprobs: number; readonly update: number };
}

/**
 * Rollout and update of one step, or `undefined` when the signal came before the weights were touched. Throws what they throw;
 * the groups of an update that failed, whoever threw, or that set off an alarm that stops the run, are in `bad-batches/`.
 */
export async function makeStep(step: number, options: TrainOptions, soFar: RunSoFar): Promise<MadeStep | undefined> {
  const { learner, seed, loss, rewardKl = 0, signal } = options;
  const temperature = loss.temperature ?? 1;
  const clock = stopwatch();
  const gathered = await gatherRollouts(step, options);
  if (!gathered) return undefined;
  const rolloutSeconds = clock();
  const { kept } = gathered;
  try {
    const recomputed = options.recomputeOldLogprobs ? await logprobsOf(learner, kept, { name: 'the learner', temperature }) : undefined;
    const { groups, advantageFactors } = recomputed
      ? replaceLogprobs(kept, recomputed, options.samplerCorrection?.cap)
      : { groups: kept, advantageFactors: undefined };
    const reference =
      (loss.kl > 0 || rewardKl > 0) && options.reference
        ? await logprobsOf(options.reference, groups, { name: 'the reference policy', temperature })
        : undefined;
    if (signal?.aborted) return undefined;
    const logprobSeconds = clock();
    const rate = learningRate(options.schedule, step);
    const { firstStepGap, ...metrics } = await updatePolicy(learner, penalizeRewards(groups, reference, rewardKl), {
      loss,
      adam: { ...options.adam, learningRate: rate },
      seed: deriveSeed(seed, 'update', step),
      advantage: options.advantage,
      aggregation: options.aggregation,
      constantLength: options.constantLength,
      maskTruncated: options.maskTruncated,
      reference,
      advantageFactors,
      innerSteps: options.innerSteps,
      minibatches: options.minibatches,
    });
    const mismatch = recomputed ? samplerMismatch(recomputed) : firstStepGap;
    const figures = {
      ...metrics,
      ...(reference && { referenceKl: meanReferenceKl(reference) }),
      ...(mismatch && { samplerMismatch: mismatch }),
    };
    const record = makeRecord({ step, rate, gathered, figures, options, soFar });
    if (record.alarms && options.alarms?.action === 'stop') {
      const reasons = record.alarms.map(({ name, value, threshold }) => `${name}: ${value}, threshold ${threshold}`).join('; ');
      throw new GrpoError(
        'alarm',
        `step ${step} set off an alarm (${reasons}): change the settings and start again from a checkpoint, all of which are as they were, or loosen the alarm`,
      );
    }
    return { record, seconds: { rollout: rolloutSeconds, logprobs: logprobSeconds, update: clock() } };
  } catch (error) {
    // An engine has errors of its own for numbers that are not finite, or for memory that ran out: what set them off is kept, too.
    const path = await saveBadBatch(options.folder, step, kept).catch(() => undefined);
    if (path !== undefined && error instanceof Error) error.message += `; the groups of step ${step} are in ${path}`;
    throw error;
  }
}

function makeRecord(made: {
  readonly step: number;
  readonly rate: number;
  readonly gathered: {
    readonly groups: readonly RolloutGroup[];
    readonly kept: readonly RolloutGroup[];
    readonly metrics: StepRecord['refills'];
  };
  readonly figures: Omit<UpdateMetrics, 'firstStepGap'> & Pick<StepRecord, 'referenceKl' | 'samplerMismatch'>;
  readonly options: TrainOptions;
  readonly soFar: RunSoFar;
}): StepRecord {
  const { step, rate, gathered, figures, options, soFar } = made;
  const { groups, kept, metrics } = gathered;
  const conversations = conversationsOf(kept);
  const tokens = tokensOf(conversations);
  const sampled = conversationsOf(groups);
  const sampledTokens = tokensOf(sampled);
  const [rollout = {}, ...refills] = metrics;
  const record: StepRecord = {
    step,
    learningRate: rate,
    skipped: figures.optimizerSteps === 0,
    groups: groups.length,
    kept: kept.length,
    conversations: conversations.length,
    tokens,
    meanTokens: sampled.length === 0 ? 0 : sampledTokens / sampled.length,
    repetition: repetition(sampled),
    ...figures,
    totals: {
      conversations: soFar.totals.conversations + sampled.length,
      promptTokens: soFar.totals.promptTokens + sampled.reduce((sum, { prompt }) => sum + prompt.length, 0),
      sampledTokens: soFar.totals.sampledTokens + sampledTokens,
      trainedTokens: soFar.totals.trainedTokens + tokens,
    },
    objectives: statisticsByObjective(groups, kept),
    rollout,
    refills,
  };
  const alarms = options.alarms ? alarmsOf(record, soFar.firstMeanTokens ?? record.meanTokens, options.alarms) : [];
  return alarms.length === 0 ? record : { ...record, alarms };
}

/** Seconds since the last call, or since it was made. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const seconds = (performance.now() - last) / 1000;
    last = performance.now();
    return seconds;
  };
}
