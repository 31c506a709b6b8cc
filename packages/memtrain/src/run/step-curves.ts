import type { StepRecord, StepTiming } from '@memtrain/grpo';
import { stepMetrics } from './step-metrics.ts';

/** A step's timing, and the seconds of all steps up to and with it. */
export interface TimingSoFar extends StepTiming {
  readonly soFar: number;
}

/**
 * Every number that `metrics.jsonl` and `timing.jsonl` hold of an update, by the name of its curve in TensorBoard and trackio; what an update
 * does not have is left out:
 * - `train/...`: the ones that a report draws (`stepMetrics`), and counts of the update;
 * - `E/...`, `I/...`, `QA/...`: of each objective: groups kept and dropped, outcome, reward, tokens of a reply, share of cut replies;
 * - `rollout/...`: what the rollout says of itself: how readings and recalls ended, lengths of memories, leak rate, metrics of a reward of your own;
 * - `cost/...`: sums since the run began; `seconds/...`: by phase.
 */
export function stepCurves(record: StepRecord, timing?: TimingSoFar): Record<string, number> {
  const { groups, kept, conversations, optimizerSteps, totals } = record;
  const curves: Record<string, number> = {};
  const add = (prefix: string, values: unknown): void => {
    for (const [name, value] of numbersOf(values, prefix)) curves[name] = value;
  };
  add('train', { ...stepMetrics(record), groups, kept, conversations, optimizerSteps, alarms: record.alarms?.length ?? 0 });
  for (const [name, { tokens, ...rest }] of Object.entries(record.objectives)) {
    const replyTokens = rest.conversations === 0 ? 0 : tokens / rest.conversations;
    add(name, { ...rest, dropped: rest.groups - rest.kept, tokens, replyTokens });
  }
  add('rollout', record.rollout);
  add('cost', { ...totals, seconds: timing?.soFar });
  if (timing) {
    const { rollout, logprobs, update, tokensPerSecond } = timing;
    add('seconds', { rollout, logprobs, update });
    add('train', { tokensPerSecond });
  }
  return curves;
}

/** The numbers of a value, however deep, by their path. */
function numbersOf(value: unknown, path: string): [string, number][] {
  if (typeof value === 'number') return Number.isFinite(value) ? [[path, value]] : [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => numbersOf(inner, `${path}/${name}`));
}
