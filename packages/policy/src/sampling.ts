import { PolicyError } from './errors.ts';
import type { Request, SamplingOptions } from './model.ts';

/** How one request is sampled, every default filled in. */
export interface Sampling {
  readonly maxTokens: number;
  readonly temperature: number;
  /** 0: all. */
  readonly topK: number;
  /** 1: all. */
  readonly topP: number;
  readonly stop: readonly string[];
}

/** The request's own values over the batch's over the defaults. Throws `PolicyError` (`bad-options`) for one that is out of range. */
export function resolveSampling(request: Omit<Request, 'prompt' | 'seed'>, options: SamplingOptions): Sampling {
  const sampling = {
    maxTokens: request.maxTokens ?? options.maxTokens,
    temperature: request.temperature ?? options.temperature ?? 1,
    topK: request.topK ?? options.topK ?? 0,
    topP: request.topP ?? options.topP ?? 1,
    stop: request.stop ?? options.stop ?? [],
  };
  const { maxTokens, temperature, topK, topP, stop } = sampling;
  const refuse = (name: string, range: string): never => {
    throw new PolicyError('bad-options', `${name} is ${String(sampling[name as keyof Sampling])}: give ${range}`);
  };
  if (!Number.isInteger(maxTokens) || maxTokens < 1) refuse('maxTokens', 'a whole number of at least 1');
  if (!Number.isFinite(temperature) || temperature < 0) refuse('temperature', 'a number of at least 0 (0 is greedy)');
  if (!Number.isInteger(topK) || topK < 0) refuse('topK', 'a whole number of at least 0 (0 is all)');
  if (!(topP > 0 && topP <= 1)) refuse('topP', 'a number above 0 and at most 1 (1 is all)');
  if (stop.includes('')) throw new PolicyError('bad-options', 'stop holds an empty string, which every text holds: take it out');
  return sampling;
}
