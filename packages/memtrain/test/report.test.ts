import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeHtml, scriptJson } from '../src/report/escape-html.ts';
import { trainingCharts } from '../src/report/report-data.ts';
import type { ReportData } from '../src/report/report-data.ts';
import { reportHtml } from '../src/report/report-html.ts';
import { writeReport } from '../src/report/write-report.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const library = { script: 'window.uPlot = 1; // </script>', style: '.uplot{}' };

function data(change: Partial<ReportData> = {}): ReportData {
  return {
    title: 'A run',
    summary: ['Reward rose.'],
    charts: trainingCharts,
    curves: [
      { arm: 'MemTrain', steps: [1, 2], series: { reward: [0.1, 0.2], proxyAccuracy: [0.5, null] } },
      { arm: 'control', steps: [2, 3], series: { reward: [0.1, 0.15], gradientNorm: [null, null] } },
    ],
    tables: [
      {
        title: 'Accuracy',
        columns: ['2 chunks', '4 chunks'],
        rows: [
          { arm: 'base', cells: [{ value: 0.5, low: 0.4, high: 0.6 }, undefined] },
          {
            arm: 'MemTrain',
            cells: [
              { value: 0.75, low: 0.7, high: 0.8 },
              { value: 1, low: 0.9, high: 1 },
            ],
          },
        ],
      },
    ],
    trajectories: [
      {
        arm: 'MemTrain',
        step: 2,
        problem: 'which [MASK] ?',
        chunks: ['a b c', 'd e f'],
        memories: ['a b', 'a d'],
        answer: undefined,
        gold: 'rome',
        reward: 0.25,
      },
    ],
    config: { steps: 2 },
    manifest: { node: 'v20' },
    limits: ['One seed only.'],
    ...change,
  };
}

/** Tags in order, without content: the structure of a page. */
function structure(html: string): string[] {
  const body = html.slice(html.indexOf('<main>'), html.indexOf('</main>'));
  return [...body.matchAll(/<(h[123]|figure|table|details|ul)\b|<t[dh]\b/g)].map(([tag]) => tag.slice(1));
}

describe('the report', () => {
  test('has its sections in order', () => {
    const html = reportHtml(data(), library);
    expect([...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title)).toEqual([
      'Training',
      'Evaluation',
      'Sample trajectories',
      'Limits',
      'Configuration',
    ]);
    expect(structure(html)).toMatchSnapshot();
  });

  test('draws a chart for each curve that some arm has, on the union of the steps', () => {
    const html = reportHtml(data(), library);
    expect([...html.matchAll(/<figcaption>(.*?)<\/figcaption>/g)].map(([, title]) => title)).toEqual(['Reward', 'Proxy accuracy']);
    const plots = JSON.parse(/const plots = (.*);/.exec(html)![1]!) as unknown;
    expect(plots).toEqual([
      {
        names: ['MemTrain', 'control'],
        data: [
          [1, 2, 3],
          [0.1, 0.2, null],
          [null, 0.1, 0.15],
        ],
      },
      {
        names: ['MemTrain'],
        data: [
          [1, 2],
          [0.5, null],
        ],
      },
    ]);
  });

  test('shows accuracies with their intervals, and a dash for what was not measured', () => {
    const html = reportHtml(data(), library);
    expect(html).toContain('<td>75.0 <span class="interval">70.0 to 80.0</span></td>');
    expect(html).toContain('<td>&ndash;</td>');
  });

  test('leaves out what there is not, and needs no script without charts', () => {
    const html = reportHtml(data({ curves: [], tables: [], trajectories: [] }), library);
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('Sample trajectories');
  });

  test('loads nothing from anywhere and follows the colour scheme', async () => {
    const path = join(folder, 'deep', 'report.html');
    await writeReport(path, data());
    const html = readFileSync(path, 'utf8');
    expect(html).not.toMatch(/(src|href)\s*=|@import|url\(/);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).toContain('uPlot');
    expect(html.match(/<script>/g)).toHaveLength(2);
  });

  test('shows hostile text as text, wherever it stands', () => {
    const evil = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\u2028\'';
    const html = reportHtml(
      data({
        title: evil,
        summary: [evil],
        charts: [{ curve: 'reward', title: evil, note: evil }],
        curves: [{ arm: evil, steps: [1], series: { reward: [1] } }],
        tables: [{ title: evil, columns: [evil], rows: [{ arm: evil, cells: [undefined] }], note: evil }],
        trajectories: [{ arm: evil, step: 1, problem: evil, chunks: [evil], memories: [evil], answer: evil, gold: evil, reward: 0 }],
        config: { [evil]: evil },
        manifest: evil,
        limits: [evil],
      }),
      library,
    );
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<script>alert');
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    const plots = JSON.parse(/const plots = (.*);/.exec(html)![1]!) as { names: string[] }[];
    expect(plots[0]!.names).toEqual([evil]);
  });

  test('cuts a very long text and says so', () => {
    const [sample] = data().trajectories;
    const html = reportHtml(data({ trajectories: [{ ...sample!, chunks: ['x'.repeat(5000)], memories: ['m'] }] }), library);
    expect(html).toContain('(1000 more characters)');
  });
});

test('escaping leaves nothing that could open a tag, and script JSON reads back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(escapeHtml(text)).not.toMatch(/[<>"']/);
      expect(scriptJson(text)).not.toMatch(/[<>&\u2028\u2029]/);
      expect(JSON.parse(scriptJson(text))).toBe(text);
    }),
  );
});
