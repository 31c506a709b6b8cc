import { publishedTable } from '../published/paper-tables.ts';
import type { CostEstimate } from './estimate-cost.ts';
import type { Comparison } from './compare-results.ts';
import type { EvaluationResult } from './result.ts';
import { metricNames } from './summarize.ts';
import type { GroupSummary } from './summarize.ts';

const percent = (share: number): string => (share * 100).toFixed(1);
const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** A Markdown table that reads as plain text too. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_cell, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(rows[0]!), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.slice(1).map(line)];
}

/** What will be asked for at most. */
export function costTable(estimates: readonly CostEstimate[]): string[] {
  const priced = estimates.some(({ cost }) => cost !== undefined);
  const row = (name: string, group: string, one: Omit<CostEstimate, 'arm' | 'group'>): string[] => [
    name,
    group,
    count(one.answers),
    count(one.calls),
    count(one.promptTokens),
    count(one.completionTokens),
    ...(priced ? [(one.cost ?? 0).toFixed(2)] : []),
  ];
  const sum = (of: (one: CostEstimate) => number): number => estimates.reduce((total, one) => total + of(one), 0);
  return table([
    ['agent', 'group', 'answers', 'calls', 'prompt tokens', 'most completion tokens', ...(priced ? ['cost'] : [])],
    ...estimates.map((one) => row(one.arm, one.group, one)),
    row('sum', '', {
      answers: sum((one) => one.answers),
      calls: sum((one) => one.calls),
      promptTokens: sum((one) => one.promptTokens),
      completionTokens: sum((one) => one.completionTokens),
      cost: sum((one) => one.cost ?? 0),
    }),
  ]);
}

/** All metrics side by side with their intervals, what it took, and the published numbers: lines of Markdown. */
export function resultTables(result: EvaluationResult): string[] {
  const shown = metricNames.filter((name) => result.arms.some(({ total }) => total.metrics[name]));
  const groupsOf = (arm: EvaluationResult['arms'][number]): GroupSummary[] =>
    arm.groups.length > 1 ? [...arm.groups, arm.total] : [...arm.groups];
  const scores = result.arms.flatMap((arm) =>
    groupsOf(arm).map((group) => [
      arm.name,
      group.group,
      String(group.questions),
      ...shown.map((name) => {
        const metric = group.metrics[name];
        if (!metric) return '-';
        const form = name === 'mem1' ? (value: number): string => value.toFixed(2) : percent;
        return `${form(metric.mean)} (${form(metric.low)}-${form(metric.high)})`;
      }),
    ]),
  );
  const priced = result.arms.some(({ total }) => total.cost !== undefined);
  const exact = result.arms.every(({ total }) => total.exactTokens);
  const efforts = result.arms.flatMap((arm) =>
    groupsOf(arm).map((group) => [
      arm.name,
      group.group,
      count(group.peakContext),
      count(group.calls),
      count(group.promptTokens),
      count(group.completionTokens),
      group.secondsPerAnswer.toFixed(2),
      ...(priced ? [(group.cost ?? 0).toFixed(2)] : []),
      count(group.failedAnswers),
    ]),
  );
  const { model, sampling } = result;
  return [
    `${result.benchmark}, data ${result.corpusHash.slice(0, 12)}; ${model.name}${model.revision === undefined ? '' : ` (${model.revision})`}; ` +
      `${sampling.samples} sample${sampling.samples === 1 ? '' : 's'}, temperature ${sampling.temperature}, top-p ${sampling.topP}, seed ${sampling.seed}; ` +
      `verifier ${result.verifier}. Percent, with 95 % bootstrap intervals over questions.`,
    '',
    ...table([['agent', 'group', 'questions', ...shown], ...scores]),
    '',
    `Peak context and tokens${exact ? '' : ' (estimated from characters)'}, mean seconds of an answer, failed answers (counted as wrong):`,
    '',
    ...table([
      [
        'agent',
        'group',
        'peak context',
        'calls',
        'prompt tokens',
        'completion tokens',
        's / answer',
        ...(priced ? ['cost'] : []),
        'failed',
      ],
      ...efforts,
    ]),
    ...skippedLines(result),
    ...publishedLines(result),
  ];
}

function skippedLines({ arms }: EvaluationResult): string[] {
  return arms.flatMap(({ name, skipped, failed }) => [
    ...(skipped > 0 ? ['', `${name}: ${skipped} questions left out, which bring nothing for it.`] : []),
    ...(failed.length > 0
      ? [
          '',
          `${name}, failed: ${failed
            .slice(0, 5)
            .map(({ item, error }) => `${item} (${error})`)
            .join('; ')}${failed.length > 5 ? `; and ${failed.length - 5} more` : ''}`,
        ]
      : []),
  ]);
}

/** The paper's table, with a row of ours for each arm. */
function publishedLines(result: EvaluationResult): string[] {
  const published = publishedTable(result.benchmark);
  if (!published) return [];
  const { title, columns, rows, note } = published;
  const ours = result.arms.map((arm) => {
    const byName = new Map(arm.groups.map((group) => [group.group, group]));
    const own = columns.map((column) => byName.get(column) ?? (result.benchmark.startsWith(column) ? arm.total : undefined));
    const values = own.map((group) => group?.metrics[result.verifier]?.mean);
    const known = values.filter((value) => value !== undefined);
    const average = known.length === columns.length ? percent(known.reduce((sum, value) => sum + value, 0) / known.length) : '-';
    return [`ours: ${arm.name} (${result.verifier})`, ...values.map((value) => (value === undefined ? '-' : percent(value))), average];
  });
  return [
    '',
    `${title}, beside ours:`,
    '',
    ...table([
      ['model', ...columns, 'average'],
      ...rows.map(({ model, scores, average }) => [model, ...columns.map((column) => scores[column]!.toFixed(2)), average.toFixed(2)]),
      ...ours,
    ]),
    '',
    note,
  ];
}

/** Paired tests as lines of Markdown. */
export function comparisonTable(comparisons: readonly Comparison[]): string[] {
  const p = (value: number): string => (value < 0.001 ? '< 0.001' : value.toFixed(3));
  return table([
    ['agent', 'metric', 'questions', 'difference (95 %)', 'better', 'worse', 'p (permutation)', 'p (sign)'],
    ...comparisons.map(({ arm, metric, questions, difference, better, worse, permutationP, signP }) => {
      const form = metric === 'mem1' ? (value: number): string => value.toFixed(2) : percent;
      const interval = `${form(difference.mean)} (${form(difference.low)} to ${form(difference.high)})`;
      return [arm, metric, String(questions), interval, String(better), String(worse), p(permutationP), p(signP)];
    }),
  ]);
}
