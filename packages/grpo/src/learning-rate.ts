import { GrpoError } from './errors.ts';

/** How the learning rate goes over the steps of a run; plain JSON. Every kind first rises linearly over `warmup` steps. */
export type Schedule =
  | { readonly kind: 'constant'; readonly peak: number; readonly warmup?: number }
  | {
      /** `cosine` or a straight line from `peak` down to `floor`, reached at step `steps`. */
      readonly kind: 'cosine' | 'linear';
      readonly peak: number;
      readonly warmup?: number;
      readonly steps: number;
      /** Default 0. */
      readonly floor?: number;
    };

/** Learning rate of step `step`, counted from 1. Throws `GrpoError` `bad-options` for numbers out of range. */
export function learningRate(schedule: Schedule, step: number): number {
  const { kind, peak, warmup = 0 } = schedule;
  const floor = kind === 'constant' ? 0 : (schedule.floor ?? 0);
  if (![peak, warmup, floor].every((value) => value >= 0 && Number.isFinite(value))) {
    throw new GrpoError(
      'bad-options',
      `learning-rate schedule: peak ${peak}, warmup ${warmup} and floor ${floor} must be numbers, 0 or more`,
    );
  }
  if (kind !== 'constant' && !(schedule.steps > warmup)) {
    throw new GrpoError('bad-options', `learning-rate schedule: steps (${schedule.steps}) must be above warmup (${warmup})`);
  }
  if (step <= warmup) return (peak * step) / warmup;
  if (kind === 'constant') return peak;
  const { steps } = schedule;
  const done = Math.min(1, (step - warmup) / (steps - warmup));
  const left = kind === 'cosine' ? (1 + Math.cos(Math.PI * done)) / 2 : 1 - done;
  return floor + (peak - floor) * left;
}
