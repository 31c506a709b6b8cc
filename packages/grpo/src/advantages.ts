/**
 * How rewards of one group become advantages:
 * - `mean`: r - mean(r), Dr. GRPO and the paper;
 * - `std`: the same over the sample standard deviation (n - 1) plus 1e-6, the first GRPO;
 * - `leave-one-out`: r - mean of the others, RLOO; equals `mean` times n / (n - 1).
 */
export type AdvantageKind = 'mean' | 'std' | 'leave-one-out';

export interface AdvantagesOptions {
  readonly kind: AdvantageKind;
}

/**
 * Advantages of one group's trajectories. They sum to zero, and do not change when a constant is added to every reward.
 * Equal rewards, and a group of one, give exactly 0.
 */
export function advantages(rewards: readonly number[], options: AdvantagesOptions): number[] {
  const n = rewards.length;
  // Rounding in the mean would turn equal rewards into tiny advantages, which `std` then blows up.
  if (rewards.every((reward) => reward === rewards[0])) return rewards.map(() => 0);
  const mean = average(rewards);
  const roughly = rewards.map((reward) => reward - mean);
  // A second pass takes away the rounding of the mean, which is as large as the differences of nearly equal rewards.
  const rest = average(roughly);
  const centred = roughly.map((value) => value - rest);
  if (options.kind === 'mean') return centred;
  if (options.kind === 'leave-one-out') return centred.map((value) => (value * n) / (n - 1));
  const deviation = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0) / (n - 1));
  return centred.map((value) => value / (deviation + 1e-6));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
