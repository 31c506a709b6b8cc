import { deriveSeed } from '@memtrain/policy';
import type { MetricName } from '../items/benchmark-item.ts';
import { bootstrapMean } from '../statistics/bootstrap.ts';
import type { Interval } from '../statistics/bootstrap.ts';
import type { Outcome } from './outcome.ts';

/** Price of a model, in any currency, for a million tokens. */
export interface TokenPrice {
  readonly prompt: number;
  readonly completion: number;
}

/** Figures of a group of questions. */
export interface GroupSummary {
  readonly group: string;
  readonly questions: number;
  /** Answers: questions times samples. */
  readonly answers: number;
  /** Mean of each metric over questions (each the mean of its samples) with its 95 % bootstrap interval. */
  readonly metrics: Readonly<Partial<Record<MetricName, Interval>>>;
  readonly failedAnswers: number;
  readonly calls: number;
  readonly failedCalls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly exactTokens: boolean;
  /** Tokens of the largest prompt and its completion. */
  readonly peakContext: number;
  /** Mean seconds of an answer, waiting for its turn included. */
  readonly secondsPerAnswer: number;
  /** Present where a price was given. */
  readonly cost?: number;
}

/** Every metric, in the order of the tables. */
export const metricNames: readonly MetricName[] = [
  'boxed-strict',
  'em',
  'sub-em',
  'sub-em-two-way',
  'f1',
  'string-match',
  'all-correct',
  'mem1',
];

/** Mean scores of each question over its samples; a metric is there where every sample has it. */
export function scoresByItem(outcomes: readonly Outcome[]): Map<string, Partial<Record<MetricName, number>>> {
  const samples = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const own = samples.get(outcome.item);
    if (own) own.push(outcome);
    else samples.set(outcome.item, [outcome]);
  }
  const means = new Map<string, Partial<Record<MetricName, number>>>();
  for (const [item, own] of samples) {
    const scores: Partial<Record<MetricName, number>> = {};
    for (const name of metricNames) {
      const values = own.flatMap((outcome) => outcome.scores[name] ?? []);
      if (values.length === own.length) scores[name] = values.reduce((sum, value) => sum + value, 0) / values.length;
    }
    means.set(item, scores);
  }
  return means;
}

/** Figures of some outcomes. The same seed gives the same intervals. */
export function summarize(
  group: string,
  outcomes: readonly Outcome[],
  options: { readonly seed: number; readonly price?: TokenPrice },
): GroupSummary {
  const items = [...scoresByItem(outcomes).values()];
  const metrics: Partial<Record<MetricName, Interval>> = {};
  for (const name of metricNames) {
    const values = items.flatMap((scores) => scores[name] ?? []);
    if (values.length > 0 && values.length === items.length) {
      metrics[name] = bootstrapMean(values, { seed: deriveSeed(options.seed, 'bootstrap', group, name) });
    }
  }
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const promptTokens = sum((outcome) => outcome.promptTokens);
  const completionTokens = sum((outcome) => outcome.completionTokens);
  const { price } = options;
  return {
    group,
    questions: items.length,
    answers: outcomes.length,
    metrics,
    failedAnswers: outcomes.filter(({ reply }) => reply.error !== undefined).length,
    calls: sum((outcome) => outcome.calls),
    failedCalls: sum((outcome) => outcome.failedCalls),
    promptTokens,
    completionTokens,
    exactTokens: outcomes.every(({ exactTokens }) => exactTokens),
    peakContext: outcomes.reduce((most, { peakContext }) => Math.max(most, peakContext), 0),
    secondsPerAnswer: outcomes.length === 0 ? 0 : sum(({ seconds }) => seconds) / outcomes.length,
    ...(price ? { cost: (promptTokens * price.prompt + completionTokens * price.completion) / 1e6 } : {}),
  };
}
