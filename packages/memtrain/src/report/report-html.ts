import { escapeHtml, scriptJson } from './escape-html.ts';
import type { ReportChart, ReportCurves, ReportData, ReportTable, ReportTrajectory } from './report-data.ts';
import { chartScript } from './chart-script.ts';
import { reportStyle } from './report-style.ts';

/** Chart library to inline. */
export interface ChartLibrary {
  readonly script: string;
  readonly style: string;
}

/** The whole report as one HTML text that loads nothing from anywhere. */
export function reportHtml(data: ReportData, library: ChartLibrary): string {
  const charts = data.charts.map((chart) => ({ chart, plot: plotOf(chart, data.curves) })).filter(({ plot }) => plot !== undefined);
  const sections = [
    ...(charts.length === 0
      ? []
      : [section('Training', `<div class="charts">${charts.map(({ chart }, index) => chartHtml(chart, index)).join('\n')}</div>`)]),
    ...(data.tables.length === 0 ? [] : [section('Evaluation', data.tables.map(tableHtml).join('\n'))]),
    ...(data.trajectories.length === 0 ? [] : [section('Sample trajectories', data.trajectories.map(trajectoryHtml).join('\n'))]),
    section('Limits', `<ul>${data.limits.map((limit) => `<li>${escapeHtml(limit)}</li>`).join('')}</ul>`),
    section('Configuration', jsonHtml('configuration', data.config) + jsonHtml('manifest', data.manifest)),
  ];
  const script =
    charts.length === 0
      ? ''
      : `<script>${inlineScript(library.script)}</script>\n<script>const plots = ${scriptJson(charts.map(({ plot }) => plot))};\n${chartScript}</script>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(data.title)}</title>
<style>${library.style}</style>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>${escapeHtml(data.title)}</h1>
${data.summary.map((line) => `<p class="summary">${escapeHtml(line)}</p>`).join('\n')}
${sections.join('\n')}
</main>
${script}
</body>
</html>
`;
}

function section(title: string, content: string): string {
  return `<section>\n<h2>${escapeHtml(title)}</h2>\n${content}\n</section>`;
}

/** Lines of one chart on the union of their steps; undefined when no arm has the curve. */
function plotOf(chart: ReportChart, curves: readonly ReportCurves[]): { names: string[]; data: (number | null)[][] } | undefined {
  const drawn = curves.filter((each) => each.series[chart.curve]?.some((value) => value !== null));
  if (drawn.length === 0) return undefined;
  const steps = [...new Set(drawn.flatMap((each) => each.steps))].sort((a, b) => a - b);
  const lines = drawn.map((each) => {
    const at = new Map(each.steps.map((step, index) => [step, each.series[chart.curve]![index] ?? null]));
    return steps.map((step) => at.get(step) ?? null);
  });
  return { names: drawn.map((each) => each.arm), data: [steps, ...lines] };
}

function chartHtml(chart: ReportChart, index: number): string {
  const note = chart.note === undefined ? '' : `<p class="note">${escapeHtml(chart.note)}</p>`;
  return `<figure><figcaption>${escapeHtml(chart.title)}</figcaption>${note}<div class="plot" data-plot="${index}"></div></figure>`;
}

function tableHtml(table: ReportTable): string {
  const head = ['', ...table.columns].map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const rows = table.rows.map((row) => {
    const cells = table.columns.map((_, index) => {
      const cell = row.cells[index];
      if (!cell) return '<td>&ndash;</td>';
      return `<td>${percent(cell.value)} <span class="interval">${percent(cell.low)} to ${percent(cell.high)}</span></td>`;
    });
    return `<tr><th scope="row">${escapeHtml(row.arm)}</th>${cells.join('')}</tr>`;
  });
  const note = table.note === undefined ? '' : `<p class="note">${escapeHtml(table.note)}</p>`;
  return `<h3>${escapeHtml(table.title)}</h3>${note}<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}

function trajectoryHtml(trajectory: ReportTrajectory): string {
  const steps = trajectory.chunks.map(
    (chunk, index) =>
      `<tr><th scope="row">${index + 1}</th><td>${textHtml(chunk)}</td><td>${textHtml(trajectory.memories[index] ?? '')}</td></tr>`,
  );
  const answer = trajectory.answer === undefined ? 'no answer' : trajectory.answer;
  const title = `${trajectory.arm}, update ${trajectory.step}: ${answer} (reward ${trajectory.reward.toFixed(2)})`;
  return `<details><summary>${escapeHtml(title)}</summary>
<p>Problem: ${escapeHtml(trajectory.problem)}</p>
<div class="wide"><table class="texts"><thead><tr><th scope="col"></th><th scope="col">chunk</th><th scope="col">memory after it</th></tr></thead><tbody>${steps.join('')}</tbody></table></div>
<p>Answer: <b>${escapeHtml(answer)}</b>; right: <b>${escapeHtml(trajectory.gold)}</b></p>
</details>`;
}

function textHtml(text: string): string {
  const most = 4000;
  const shown = text.length > most ? `${text.slice(0, most)} … (${text.length - most} more characters)` : text;
  return shown === '' ? '<span class="note">empty</span>' : escapeHtml(shown);
}

function jsonHtml(title: string, value: unknown): string {
  return `<details><summary>${escapeHtml(title)}</summary><pre>${escapeHtml(JSON.stringify(value, null, 2) ?? 'none')}</pre></details>`;
}

/** A library text that spelled the closing tag would end its element. */
function inlineScript(script: string): string {
  return script.replace(/<\/script/gi, '<\\/script');
}
