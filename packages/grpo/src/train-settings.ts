import { asJson, type Json } from './configuration.ts';
import { GrpoError } from './errors.ts';
import { learningRate } from './learning-rate.ts';
import { keepsReference } from './reference-policy.ts';
import type { TrainOptions } from './train-options.ts';

/** The options that change what a run computes, defaults filled in; `steps` is left out, so that a run can be made longer. */
export function settingsOf(options: TrainOptions): Json {
  const { seed, loss, schedule, adam = {}, advantage = 'mean', filter = 'outcome', aggregation = 'conversationMean' } = options;
  const { constantLength, maskTruncated, innerSteps = 1, minibatches = 1, recomputeOldLogprobs = false, samplerCorrection } = options;
  const { refill, maxStaleness = 0, refreshReferenceEvery, rewardKl = 0 } = options;
  return asJson({
    seed,
    loss,
    rewardKl,
    schedule,
    adam,
    advantage,
    filter,
    aggregation,
    constantLength,
    maskTruncated,
    innerSteps,
    minibatches,
    recomputeOldLogprobs,
    samplerCorrection,
    refill,
    maxStaleness,
    refreshReferenceEvery,
  });
}

/** Throws `GrpoError` `bad-options` before anything is written. */
export function checkTrainOptions(options: TrainOptions): void {
  const refuse = (what: string): never => {
    throw new GrpoError('bad-options', `train: ${what}`);
  };
  const {
    loss,
    rewardKl = 0,
    steps,
    seed,
    innerSteps = 1,
    minibatches = 1,
    checkpointEvery = 10,
    keepLast = 2,
    aggregation,
    constantLength,
  } = options;
  if (!Number.isInteger(steps) || steps < 0) refuse(`steps is ${steps}; it must be a whole number, 0 or more`);
  if (!Number.isInteger(seed)) refuse(`seed is ${seed}; it must be a whole number`);
  for (const [name, value] of Object.entries({
    innerSteps,
    minibatches,
    checkpointEvery,
    keepLast,
  })) {
    if (!Number.isInteger(value) || value < 1) refuse(`${name} is ${value}; it must be a whole number, 1 or more`);
  }
  for (const name of ['clipLow', 'clipHigh', 'kl'] as const) {
    if (!(loss[name] >= 0 && Number.isFinite(loss[name]))) refuse(`loss.${name} is ${loss[name]}; it must be a number, 0 or more`);
  }
  if (!(rewardKl >= 0 && Number.isFinite(rewardKl))) refuse(`rewardKl is ${rewardKl}; it must be a number, 0 or more`);
  if (loss.dualClip !== undefined && !(loss.dualClip > 1)) refuse(`loss.dualClip is ${loss.dualClip}; it must be above 1`);
  if (loss.importance === 'sequence' && loss.surrogate === 'cispo')
    refuse('loss.surrogate "cispo" has no form for the importance "sequence"');
  if (options.refreshReferenceEvery !== undefined) {
    const every = options.refreshReferenceEvery;
    if (!Number.isInteger(every) || every < 1) refuse(`refreshReferenceEvery is ${every}; it must be a whole number, 1 or more`);
    keepsReference(options);
  }
  if (options.samplerCorrection) {
    if (!options.recomputeOldLogprobs) refuse('samplerCorrection compares with recomputed log-probabilities: set recomputeOldLogprobs too');
    if (!(options.samplerCorrection.cap > 0)) refuse(`samplerCorrection.cap is ${options.samplerCorrection.cap}; it must be above 0`);
  }
  const { refill = { groups: 0, attempts: 0 }, maxStaleness = 0 } = options;
  for (const [name, value] of Object.entries({ 'refill.groups': refill.groups, 'refill.attempts': refill.attempts, maxStaleness })) {
    if (!Number.isInteger(value) || value < 0) refuse(`${name} is ${value}; it must be a whole number, 0 or more`);
  }
  if (!((loss.temperature ?? 1) > 0)) refuse(`loss.temperature is ${loss.temperature}; it must be above 0`);
  for (const [name, value] of Object.entries({ 'loss.kl': loss.kl, rewardKl })) {
    if (value > 0 && !options.reference) refuse(`${name} is ${value}, which needs a reference policy: hand in reference, or set it to 0`);
  }
  if (aggregation === 'constant' && !(constantLength && constantLength > 0)) refuse('aggregation "constant" needs constantLength above 0');
  const { beta1 = 0, beta2 = 0, epsilon = 1, weightDecay = 0, clipNorm = 1 } = options.adam ?? {};
  for (const [name, value] of Object.entries({ beta1, beta2 })) {
    if (!(value >= 0 && value < 1)) refuse(`adam.${name} is ${value}; it must be at least 0 and below 1`);
  }
  for (const [name, value] of Object.entries({ epsilon, clipNorm }))
    if (!(value > 0)) refuse(`adam.${name} is ${value}; it must be above 0`);
  if (!(weightDecay >= 0)) refuse(`adam.weightDecay is ${weightDecay}; it must be 0 or more`);
  learningRate(options.schedule, 1);
}
