import type { Proportion } from '../evaluation/wilson.ts';

/** One line in every chart: the training record of an arm. */
export interface ReportCurves {
  readonly arm: string;
  readonly steps: readonly number[];
  /** By curve name; as long as `steps`, null where an update has no such number. */
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

/** A chart: which curve, and how to title it. */
export interface ReportChart {
  readonly curve: string;
  readonly title: string;
  readonly note?: string;
}

export interface ReportRow {
  readonly arm: string;
  readonly cells: readonly (Proportion | undefined)[];
}

/** Accuracies: arms down, lengths across. */
export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly ReportRow[];
  readonly note?: string;
}

/** What an agent did with one document. */
export interface ReportTrajectory {
  readonly arm: string;
  readonly step: number;
  readonly problem: string;
  readonly chunks: readonly string[];
  /** Memory after each chunk; as long as `chunks`. */
  readonly memories: readonly string[];
  readonly answer: string | undefined;
  readonly gold: string;
  readonly reward: number;
}

/** Everything a report shows. Every text is plain text: the writer escapes it. */
export interface ReportData {
  readonly title: string;
  /** One or two sentences: what was run and what came out. */
  readonly summary: readonly string[];
  readonly charts: readonly ReportChart[];
  readonly curves: readonly ReportCurves[];
  readonly tables: readonly ReportTable[];
  readonly trajectories: readonly ReportTrajectory[];
  readonly config: unknown;
  readonly manifest: unknown;
  /** What the numbers do not show. */
  readonly limits: readonly string[];
}

/** The charts of a training run, in the order of the report. */
export const trainingCharts: readonly ReportChart[] = [
  { curve: 'reward', title: 'Reward', note: 'mean over the trajectories of an update, coupling term included' },
  { curve: 'proxyAccuracy', title: 'Proxy accuracy', note: 'share of trajectories that named the masked entity' },
  { curve: 'questionAccuracy', title: 'Question accuracy', note: 'mean verdict on the answers to questions' },
  { curve: 'recallAccuracy', title: 'Recall accuracy', note: 'share of recall answers that named the target' },
  { curve: 'movedKl', title: 'KL moved', note: 'nats a token between sampling and the updated policy' },
  { curve: 'gradientNorm', title: 'Gradient norm', note: 'before clipping' },
];
