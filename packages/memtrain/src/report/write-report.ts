import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { writeFileDurably } from '@memtrain/durable-files';
import type { ReportData } from './report-data.ts';
import { reportHtml } from './report-html.ts';

/** Writes the report as one self-contained HTML file: charts work offline, every text is escaped, light and dark. */
export async function writeReport(path: string, data: ReportData): Promise<void> {
  const require = createRequire(import.meta.url);
  const script = readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8');
  const style = readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8');
  await writeFileDurably(path, reportHtml(data, { script, style }));
}
