import { asJson, type Json } from './configuration.ts';
import { GrpoError } from './errors.ts';
import { learningRate } from './learning-rate.ts';
import type { TrainOptions } from './train-options.ts';

/** The options that change what a run computes, defaults filled in; `steps` is left out, so that a run can be made longer. */
export function settingsOf(options: TrainOptions): Json {
  const { seed, loss, schedule, adam = {}, advantage = 'mean', filter = 'outcome', aggregation = 'conversationMean' } = options;
  const { constantLength, innerSteps = 1, minibatches = 1, recomputeOldLogprobs = false } = options;
  return asJson({
    seed,
    loss,
    schedule,
    adam,
    advantage,
    filter,
    aggregation,
    constantLength,
    innerSteps,
    minibatches,
    recomputeOldLogprobs,
  });
}

/** Throws `GrpoError` `bad-options` before anything is written. */
export function checkTrainOptions(options: TrainOptions): void {
  const refuse = (what: string): never => {
    throw new GrpoError('bad-options', `train: ${what}`);
  };
  const { loss, steps, seed, innerSteps = 1, minibatches = 1, checkpointEvery = 10, keepLast = 2, aggregation, constantLength } = options;
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
    if (!(loss[name] >= 0)) refuse(`loss.${name} is ${loss[name]}; it must be 0 or more`);
  }
  if (!((loss.temperature ?? 1) > 0)) refuse(`loss.temperature is ${loss.temperature}; it must be above 0`);
  if (loss.kl > 0 && !options.reference) refuse(`loss.kl is ${loss.kl}, which needs a reference policy: hand in reference, or set kl to 0`);
  if (aggregation === 'constant' && !(constantLength && constantLength > 0)) refuse('aggregation "constant" needs constantLength above 0');
  learningRate(options.schedule, 1);
}
