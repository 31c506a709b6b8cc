import { join } from 'node:path';
import type { StepRecord } from '@memtrain/grpo';
import { trainingCharts } from '../report/report-data.ts';
import type { ReportData, ReportTrajectory } from '../report/report-data.ts';
import { readJsonLines } from '../run/json-lines.ts';
import { runFiles } from '../run/run-folder.ts';
import { curvesOf, mainObjective, objectiveNames } from '../run/step-metrics.ts';

export interface TrainReportOptions {
  readonly folder: string;
  readonly config: unknown;
  readonly manifest: unknown;
}

/** Rewards below this are said to be near zero. */
const NEAR_ZERO = 0.02;

/** What a training run's folder holds, as a report. */
export function trainReport({ folder, config, manifest }: TrainReportOptions): ReportData {
  const records = readJsonLines<StepRecord>(join(folder, runFiles.metrics));
  const samples = readJsonLines<ReportTrajectory>(join(folder, runFiles.trajectories));
  const main = records.flatMap((record) => mainObjective(record) ?? []);
  const reward = main.reduce((sum, each) => sum + each.reward, 0) / Math.max(1, main.length);
  const trajectories = main.reduce((sum, each) => sum + each.trajectories, 0);
  const what = records.every((record) => record.objectives[objectiveNames.endToEnd])
    ? ['joint updates', 'readings']
    : ['updates', 'trajectories'];
  const skipped = records.filter((record) => record.skipped).length;
  const summary = [`${records.length} ${what[0]}, ${trajectories} ${what[1]}, mean reward ${reward.toFixed(3)}.`];
  if (reward < NEAR_ZERO) {
    summary.push(
      'The rewards are near zero, as they are when a model cannot read the text yet: this run shows that the machinery works, not that anything was learnt.',
    );
  }
  if (skipped > 0) summary.push(`${skipped} updates took no optimizer step, because no group had rewards that differ.`);
  return {
    title: 'MemTrain run',
    summary,
    charts: trainingCharts,
    curves: [curvesOf('train', [records])],
    tables: [],
    trajectories: samples.slice(-6),
    config,
    manifest,
    limits: [
      'Rewards of an update are means over a few documents or questions and say little one by one; accuracy on ones that were not trained on is measured by memtrain eval.',
      'The answer may be known to the model from its own pretraining, and then needs no memory: the leak rate in metrics.jsonl says how often.',
      'One seed: another seed can differ by more than two neighbouring updates do.',
    ],
  };
}
