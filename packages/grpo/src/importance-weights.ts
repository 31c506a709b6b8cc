import { GrpoError } from './errors.ts';

export interface TruncatedImportanceWeightsOptions {
  /** Largest weight; TRL and SkyRL take 2. */
  readonly cap: number;
}

/**
 * min(exp(trainer - sampler), cap) per token: corrects for tokens drawn by a sampler whose log-probabilities are not the trainer's
 * (another kernel, another precision). They multiply the advantage, and are constants: no gradient flows through them
 * (truncated importance sampling, as in TRL's `vllm_importance_sampling_correction`). Throws `GrpoError` `bad-options`.
 */
export function truncatedImportanceWeights(
  trainer: ArrayLike<number>,
  sampler: ArrayLike<number>,
  options: TruncatedImportanceWeightsOptions,
): Float32Array {
  const { cap } = options;
  if (trainer.length !== sampler.length) {
    throw new GrpoError('bad-options', `${trainer.length} log-probabilities of the trainer, but ${sampler.length} of the sampler`);
  }
  if (!(cap > 0)) throw new GrpoError('bad-options', `the cap of importance weights is ${cap}; it must be above 0`);
  return Float32Array.from(trainer, (logprob, t) => Math.min(Math.exp(logprob - sampler[t]!), cap));
}
