import { MemtrainError } from '../errors.ts';

/** A proportion with its interval; all three in [0, 1]. */
export interface Proportion {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson score interval of `successes` among `trials` (95 % unless `z` says otherwise).
 * Throws `MemtrainError` (`bad-options`) unless both are whole numbers, 0 <= successes <= trials and trials >= 1.
 */
export function wilsonInterval(successes: number, trials: number, z = 1.959963984540054): Proportion {
  if (!Number.isInteger(successes) || !Number.isInteger(trials) || trials < 1 || successes < 0 || successes > trials) {
    throw new MemtrainError(
      'bad-options',
      `a Wilson interval needs whole numbers 0 <= successes <= trials, trials >= 1, not ${successes} of ${trials}`,
    );
  }
  const value = successes / trials;
  const z2 = z * z;
  const middle = (value + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (z / (1 + z2 / trials)) * Math.sqrt((value * (1 - value)) / trials + z2 / (4 * trials * trials));
  // Rounding must not put the estimate outside its own interval at 0 and at 1.
  return { value, low: Math.min(value, Math.max(0, middle - half)), high: Math.max(value, Math.min(1, middle + half)) };
}
