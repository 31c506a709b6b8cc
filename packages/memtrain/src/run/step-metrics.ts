import type { ObjectiveStatistics, StepRecord } from '@memtrain/grpo';
import type { ReportCurves } from '../report/report-data.ts';

/** The numbers of an update that are drawn as curves; null where an update has none. */
export interface StepMetrics {
  readonly reward: number | null;
  /** Share of trajectories that solved the main task: named the masked entity, or answered the question. */
  readonly proxyAccuracy: number | null;
  readonly questionAccuracy: number | null;
  readonly recallAccuracy: number | null;
  /** What the reward has beyond the outcome: the coupling term of equation 2. */
  readonly coupling: number | null;
  readonly movedKl: number | null;
  readonly referenceKl: number | null;
  /** Nats per token. */
  readonly entropy: number | null;
  /** |learner - sampler| log-probability. */
  readonly samplerMismatch: number | null;
  readonly samplerMismatchLargest: number | null;
  readonly gradientNorm: number | null;
  readonly loss: number | null;
  readonly clipped: number | null;
  readonly clippedLow: number | null;
  readonly clippedHigh: number | null;
  /** Completion tokens per conversation. */
  readonly meanTokens: number;
  readonly repetition: number;
  /** Share of conversations of the main task that ran into their budget. */
  readonly truncated: number | null;
  readonly learningRate: number;
  readonly tokens: number;
  /** Share of groups that passed the filter. */
  readonly keptGroups: number;
}

/** Objective names: masked reconstruction, memory recall, question answering. */
export const objectiveNames = { endToEnd: 'E', recall: 'I', question: 'QA' } as const;

/** Statistics of what an update is about: masked reconstruction, else questions, else the first objective that a task of your own has. */
export function mainObjective({ objectives }: Pick<StepRecord, 'objectives'>): ObjectiveStatistics | undefined {
  return objectives[objectiveNames.endToEnd] ?? objectives[objectiveNames.question] ?? Object.values(objectives)[0];
}

/** The curve values of one line of `metrics.jsonl`. */
export function stepMetrics(record: StepRecord): StepMetrics {
  const masked = record.objectives[objectiveNames.endToEnd];
  const question = record.objectives[objectiveNames.question];
  const main = mainObjective(record);
  return {
    reward: main?.reward ?? null,
    proxyAccuracy: masked?.outcome ?? null,
    questionAccuracy: question?.outcome ?? null,
    recallAccuracy: record.objectives[objectiveNames.recall]?.outcome ?? null,
    coupling: masked ? masked.reward - masked.outcome : null,
    movedKl: record.movedKl,
    referenceKl: record.referenceKl ?? null,
    entropy: record.entropy,
    samplerMismatch: record.samplerMismatch?.mean ?? null,
    samplerMismatchLargest: record.samplerMismatch?.largest ?? null,
    gradientNorm: record.gradientNorm,
    loss: record.loss,
    clipped: record.clipped,
    clippedLow: record.clippedLow,
    clippedHigh: record.clippedHigh,
    meanTokens: record.meanTokens,
    repetition: record.repetition,
    truncated: main?.truncated ?? null,
    learningRate: record.learningRate,
    tokens: record.tokens,
    keptGroups: record.groups === 0 ? 0 : record.kept / record.groups,
  };
}

/** The curves of a run, or of the runs of an arm one after another (steps are counted on). */
export function curvesOf(arm: string, runs: readonly (readonly StepRecord[])[]): ReportCurves {
  const steps: number[] = [];
  const series: Record<string, (number | null)[]> = {};
  let first = 0;
  for (const records of runs) {
    for (const record of records) {
      steps.push(first + record.step);
      for (const [name, value] of Object.entries(stepMetrics(record)) as [string, number | null][]) (series[name] ??= []).push(value);
    }
    first = steps.at(-1) ?? first;
  }
  return { arm, steps, series };
}
