import { join } from 'node:path';
import type { StepRecord } from '@memtrain/grpo';
import { pairedBootstrap } from '../evaluation/paired-bootstrap.ts';
import type { PairedDifference } from '../evaluation/paired-bootstrap.ts';
import { wilsonInterval } from '../evaluation/wilson.ts';
import { trainingCharts } from '../report/report-data.ts';
import type { ReportCurves, ReportData, ReportRow, ReportTable } from '../report/report-data.ts';
import { readJsonLines } from '../run/json-lines.ts';
import { runFiles } from '../run/run-folder.ts';
import { curvesOf } from '../run/step-metrics.ts';
import { baseName, evaluationsFile, stageFolder } from './run-miniature.ts';
import type { ArmEvaluation } from './run-miniature.ts';
import type { MiniatureScale } from './scales.ts';
import type { WorldTask } from './world-documents.ts';

export interface MiniatureReportOptions {
  readonly scale: MiniatureScale;
  readonly folder: string;
  readonly seed: number;
  readonly manifest: unknown;
}

const taskNames: Readonly<Record<WorldTask, string>> = { mask: 'Masked-entity accuracy', qa: 'Question accuracy' };

/** What a finished miniature's folder holds, as a report. */
export function miniatureReport(options: MiniatureReportOptions): ReportData {
  const { scale, folder, manifest } = options;
  const evaluations = readJsonLines<ArmEvaluation[]>(join(folder, evaluationsFile)).flat();
  const arms = [baseName, ...scale.arms.map((arm) => arm.name)];
  const tasks = (['mask', 'qa'] as const).filter((task) => evaluations.some((each) => each.task === task));
  return {
    title: `MemTrain in miniature: ${scale.name}`,
    summary: [...findings(evaluations, scale), costLine(options)],
    charts: trainingCharts,
    curves: curvesOfArms(options),
    tables: tasks.map((task) => table(evaluations, task, arms, scale)),
    trajectories: evaluations.filter((each) => each.seed === options.seed).flatMap((each) => each.samples),
    config: scale,
    manifest,
    limits: limitsOf(scale),
  };
}

/** The tables and findings as lines of plain text. */
export function miniatureLines(report: ReportData): string[] {
  const lines: string[] = [];
  for (const { title, columns, rows } of report.tables) {
    const width = Math.max(...rows.map((row) => row.arm.length), 4);
    lines.push('', `${title} (%), 95 % interval`, [''.padEnd(width), ...columns.map((column) => column.padStart(18))].join(' '));
    for (const { arm, cells } of rows) {
      const shown = cells.map((cell) => (cell ? `${percent(cell.value)} (${percent(cell.low)}-${percent(cell.high)})` : '-').padStart(18));
      lines.push([arm.padEnd(width), ...shown].join(' '));
    }
  }
  return [...lines, '', ...report.summary];
}

function table(evaluations: readonly ArmEvaluation[], task: WorldTask, arms: readonly string[], scale: MiniatureScale): ReportTable {
  const lengths = scale.evaluation.chunks;
  const row = (name: string, arm: string, seed?: number): ReportRow => ({
    arm: name,
    cells: lengths.map((chunks) => {
      const outcomes = outcomesOf(evaluations, { arm, task, chunks, seed });
      return outcomes.length === 0 ? undefined : wilsonInterval(sum(outcomes), outcomes.length);
    }),
  });
  const seeds = [...new Set(evaluations.map((each) => each.seed))].sort((a, b) => a - b);
  const rows = arms.flatMap((arm) => [
    row(arm, arm),
    ...(seeds.length > 1 ? seeds.map((seed) => row(`${arm}, seed ${seed}`, arm, seed)) : []),
  ]);
  const note =
    seeds.length > 1
      ? 'An interval counts documents alone; the spread between seeds is in the rows of the seeds.'
      : 'One seed: an interval counts documents alone, not how much a training run would differ with another seed.';
  return { title: taskNames[task], columns: lengths.map((chunks) => `${chunks} chunks`), rows, note };
}

/** One sentence a comparison: the first arm with the backbone and with the control, over all lengths, documents paired. */
function findings(evaluations: readonly ArmEvaluation[], scale: MiniatureScale): string[] {
  const first = scale.arms[0]!.name;
  const compared = [baseName, ...(scale.control === first ? [] : [scale.control])];
  return (['mask', 'qa'] as const).flatMap((task) =>
    compared.flatMap((other) => {
      const pairs = scale.evaluation.chunks.map((chunks) => [
        outcomesOf(evaluations, { arm: other, task, chunks }),
        outcomesOf(evaluations, { arm: first, task, chunks }),
      ]) as [number[], number[]][];
      const before = pairs.flatMap(([outcomes]) => outcomes);
      const after = pairs.flatMap(([, outcomes]) => outcomes);
      if (before.length === 0 || before.length !== after.length) return [];
      const difference = pairedBootstrap(before, after, { seed: 0 });
      return [
        `${taskNames[task]}, mean over ${scale.evaluation.chunks.join(', ')} chunks: ${first} ${percent(mean(after))} %, ` +
          `${other} ${percent(mean(before))} %, difference ${verdict(difference)}.`,
      ];
    }),
  );
}

function verdict({ difference, low, high }: PairedDifference): string {
  const clear = low > 0 ? 'a rise' : high < 0 ? 'a fall' : 'not told apart from none';
  return `${signed(difference)} points (95 % interval ${signed(low)} to ${signed(high)}: ${clear})`;
}

function costLine({ scale, folder, seed }: MiniatureReportOptions): string {
  const costs = scale.arms.map((arm) => {
    const records = arm.stages.flatMap((_, stage) =>
      readJsonLines<StepRecord>(join(stageFolder(folder, seed, arm, stage), runFiles.metrics)),
    );
    const generated = sum(records.map(({ rollout }) => Number((rollout as { generatedTokens?: number } | null)?.generatedTokens ?? 0)));
    return `${arm.name} ${records.length} updates, ${thousands(generated)} tokens generated, ${thousands(sum(records.map(({ tokens }) => tokens)))} kept for training`;
  });
  return `Cost: ${costs.join('; ')}.`;
}

function curvesOfArms({ scale, folder, seed }: MiniatureReportOptions): ReportCurves[] {
  return scale.arms.map((arm) =>
    curvesOf(
      arm.name,
      arm.stages.map((_, stage) => readJsonLines<StepRecord>(join(stageFolder(folder, seed, arm, stage), runFiles.metrics))),
    ),
  );
}

function limitsOf(scale: MiniatureScale): string[] {
  return [
    'A synthetic world of one-token words and a very small model: the numbers say whether the method learns here, and nothing about language models of useful size.',
    'Sizes, learning rate and temperature were chosen on this same world, so the setting favours the method.',
    'An update of joint training costs more than one of End-to-End or question training: compare arms by the cost line, not by updates alone.',
    ...(scale.seeds === 1 ? ['One training seed: other seeds can differ by more than the intervals shown.'] : []),
    'Some masked entities can be guessed from facts that the backbone knows by heart; such answers need no memory.',
  ];
}

function outcomesOf(
  evaluations: readonly ArmEvaluation[],
  want: { readonly arm: string; readonly task: WorldTask; readonly chunks: number; readonly seed?: number | undefined },
): number[] {
  return evaluations
    .filter((each) => each.arm === want.arm && each.task === want.task && each.chunks === want.chunks)
    .filter((each) => want.seed === undefined || each.seed === want.seed)
    .sort((a, b) => a.seed - b.seed)
    .flatMap((each) => each.outcomes);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const percent = (share: number): string => (share * 100).toFixed(1);
const signed = (share: number): string => `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`;
const thousands = (count: number): string => (count >= 10_000 ? `${Math.round(count / 1000)}k` : String(count));
