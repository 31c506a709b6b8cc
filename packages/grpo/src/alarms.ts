import type { StepRecord } from './train-options.ts';

/** What a healthy run does not do. `false` switches an alarm off; so does a learner or rollout that does not report the figure. */
export interface AlarmThresholds {
  /** Mean entropy per trained token, nats: below, the policy has collapsed. Default 0.005. */
  readonly entropyBelow?: number | false | undefined;
  /** Mean k3 to the reference per token: above, the policy has left it. Default 1. */
  readonly referenceKlAbove?: number | false | undefined;
  /** |learner - sampler| log-probability, mean over tokens: above, sampler and trainer are not the same policy. Default 0.1. */
  readonly samplerMismatchAbove?: number | false | undefined;
  /** Share of conversations that ran into their budget, of any objective. Default 0.9. */
  readonly truncatedAbove?: number | false | undefined;
  /** Share of repeated runs of four tokens. Default 0.8. */
  readonly repetitionAbove?: number | false | undefined;
  /** Tokens per conversation, as a share of the first step's. Defaults 0.1 and 10. */
  readonly lengthBelow?: number | false | undefined;
  readonly lengthAbove?: number | false | undefined;
}

export interface AlarmOptions extends AlarmThresholds {
  /** `warn` (default) notes the alarm in the step's record; `stop` ends the run before the step is recorded, checkpoints as they were. */
  readonly action?: 'warn' | 'stop';
}

export interface Alarm {
  /** The threshold's name. */
  readonly name: keyof AlarmThresholds;
  readonly value: number;
  readonly threshold: number;
}

type Figures = Pick<StepRecord, 'entropy' | 'referenceKl' | 'samplerMismatch' | 'objectives' | 'repetition' | 'meanTokens'>;

/** The alarms that a step sets off; `firstMeanTokens` is the first step's `meanTokens`. */
export function alarmsOf(record: Figures, firstMeanTokens: number, thresholds: AlarmThresholds = {}): Alarm[] {
  const truncated = Math.max(0, ...Object.values(record.objectives).map((objective) => objective.truncated));
  const length = firstMeanTokens > 0 && record.meanTokens > 0 ? record.meanTokens / firstMeanTokens : undefined;
  const checks: [keyof AlarmThresholds, number | null | undefined, number, 'above' | 'below'][] = [
    ['entropyBelow', record.entropy, 0.005, 'below'],
    ['referenceKlAbove', record.referenceKl, 1, 'above'],
    ['samplerMismatchAbove', record.samplerMismatch?.mean, 0.1, 'above'],
    ['truncatedAbove', truncated, 0.9, 'above'],
    ['repetitionAbove', record.repetition, 0.8, 'above'],
    ['lengthBelow', length, 0.1, 'below'],
    ['lengthAbove', length, 10, 'above'],
  ];
  return checks.flatMap(([name, value, usual, side]) => {
    const threshold = thresholds[name] ?? usual;
    if (threshold === false || value === null || value === undefined) return [];
    // What is no number is neither above nor below, and bad.
    const bad = side === 'above' ? !(value <= threshold) : !(value >= threshold);
    return bad ? [{ name, value, threshold }] : [];
  });
}
