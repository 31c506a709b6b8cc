import type { Datum, Learner, LossMetrics } from '@memtrain/policy';
import { objective, type ObjectiveOptions } from './objective.ts';

/**
 * Adds the gradient of any `objective` by what every learner knows: its log-probabilities (`forward`), the closed-form dJ/dlogp in doubles,
 * and a `crossEntropy` loss weighted by it, whose gradient is the same at the current weights. Costs one forward pass more than a loss that
 * the learner knows. Metrics are those of the objective.
 */
export async function forwardBackwardByCrossEntropy(
  learner: Pick<Learner, 'forward' | 'forwardBackward'>,
  data: readonly Datum[],
  options: ObjectiveOptions,
): Promise<LossMetrics> {
  const { temperature = 1 } = options;
  const logprobs = await learner.forward(data, { temperature });
  const sums = {
    loss: 0,
    tokens: 0,
    clipped: 0,
    clippedLow: 0,
    clippedHigh: 0,
    movedKl: 0,
    movedAbsolute: 0,
    movedLargest: 0,
    referenceKl: 0,
  };
  const linear = data.map((datum, index) => {
    const { value, gradient, movedLargest, ...counts } = objective(datum, logprobs[index]!, options);
    sums.loss -= value;
    sums.tokens += datum.completion.length;
    sums.movedLargest = Math.max(sums.movedLargest, movedLargest);
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) sums[name] += counts[name];
    return { ...datum, weight: Float32Array.from(gradient) };
  });
  // Zero weights have no gradient, and a learner may do real work for them.
  const trained = linear.filter(({ weight }) => weight.some((value) => value !== 0));
  if (trained.length === 0) return sums;
  const { entropy } = await learner.forwardBackward(trained, { kind: 'crossEntropy', temperature });
  return { ...sums, ...(entropy !== undefined && trained.length === data.length && { entropy }) };
}
