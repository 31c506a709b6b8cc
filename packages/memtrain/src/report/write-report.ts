import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { writeFileAtomically } from '../run/atomic-write.ts';
import type { ReportData } from './report-data.ts';
import { reportHtml } from './report-html.ts';

/** Writes the report as one self-contained HTML file: charts work offline, every text is escaped, light and dark. */
export function writeReport(path: string, data: ReportData): void {
  const require = createRequire(import.meta.url);
  const script = readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8');
  const style = readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8');
  writeFileAtomically(path, reportHtml(data, { script, style }));
}
