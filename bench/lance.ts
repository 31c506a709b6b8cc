/**
 * Related passages from LanceDB beside our own BM25 in memory, over the same made-up passages (those of the bench `corpus`).
 *
 *     MEMTRAIN_LANCEDB=FOLDER npm run bench -- lance [--passages 100000,1000000]
 *
 * FOLDER holds node_modules/@lancedb/lancedb. Either side works in a process of its own; every n-th passage is a pivot, the pivots' 30 best are compared.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bm25Related, buildIndex, lanceRelated, openPassageStore, scanPassageFiles } from '@memtrain/corpus';
import type { RelatedPassages } from '@memtrain/corpus';
import { makePassages } from './corpus.ts';

const root = join(import.meta.dirname, '..');
const QUERIES = 200;
const WARM_UP = 20;
const COUNT = 30;

interface Side {
  readonly buildSeconds: number;
  readonly buildCpuSeconds: number;
  readonly queryMedian: number;
  readonly query95: number;
  readonly queryCpu: number;
  readonly peakMB: number;
  readonly lists: readonly (readonly number[])[];
}

interface Row {
  readonly passages: number;
  readonly textMB: number;
  readonly lanceMB: number;
  readonly lance: Omit<Side, 'lists'>;
  readonly bm25: Omit<Side, 'lists'>;
  readonly sameTop10: number;
  readonly sameTop30: number;
  readonly equalLists: number;
  readonly load: readonly [before: number, after: number];
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      passages: { type: 'string', default: '100000,1000000' },
      side: { type: 'string' },
      file: { type: 'string' },
      folder: { type: 'string' },
    },
  });
  const packageFolder = process.env['MEMTRAIN_LANCEDB'];
  if (packageFolder === undefined)
    return console.log('nothing measured: set MEMTRAIN_LANCEDB to a folder whose node_modules holds @lancedb/lancedb');
  if (values.side !== undefined) {
    const side = await measure(values.side, { file: values.file!, folder: values.folder!, packageFolder });
    writeFileSync(join(values.folder!, `${values.side}.json`), JSON.stringify(side));
    return;
  }
  const rows: Row[] = [];
  for (const count of values.passages.split(',').map(Number)) rows.push(await compare(count));
  const report = {
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
    machine: `${cpus().length} x ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
    seed: 1,
    rows,
  };
  writeFileSync(join(root, 'docs/results/lance.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(root, 'docs/results/lance.md'), markdown(report));
}

async function compare(passages: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'memtrain-bench-'));
  try {
    const file = join(folder, 'passages.jsonl');
    await makePassages(file, passages, undefined);
    const before = loadavg()[0]!;
    const sideOf = (side: string): Side => {
      const run = [fileURLToPath(new URL('./run.ts', import.meta.url)), 'lance', '--side', side, '--file', file, '--folder', folder];
      execFileSync(process.execPath, [...process.execArgv, ...run], { stdio: ['ignore', 'inherit', 'inherit'] });
      return JSON.parse(readFileSync(join(folder, `${side}.json`), 'utf8')) as Side;
    };
    const { lists: theirs, ...lance } = sideOf('lance');
    const { lists: ours, ...bm25 } = sideOf('bm25');
    const row: Row = {
      passages,
      textMB: megabytes(statSync(file).size),
      lanceMB: megabytes(bytesBelow(join(folder, 'tables'))),
      lance,
      bm25,
      sameTop10: sharedPart(theirs, ours, 10),
      sameTop30: sharedPart(theirs, ours, COUNT),
      equalLists: theirs.filter((list, i) => list.join() === ours[i]!.join()).length,
      load: [before, loadavg()[0]!],
    };
    console.log(JSON.stringify(row));
    return row;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface MeasureOptions {
  readonly file: string;
  readonly folder: string;
  readonly packageFolder: string;
}

/** Builds one side, then asks it for every n-th passage. Seconds, milliseconds a query, MB. */
async function measure(side: string, { file, folder, packageFolder }: MeasureOptions): Promise<Side> {
  const store = openPassageStore(scanPassageFiles([file]));
  const began = performance.now();
  const used = process.cpuUsage();
  const retriever: RelatedPassages =
    side === 'lance' ? await lanceRelated(join(folder, 'tables'), store, { packageFolder }) : bm25Related(buildIndex(store));
  const buildSeconds = (performance.now() - began) / 1000;
  const buildCpuSeconds = cpuSince(used);
  const every = Math.floor(store.size / (QUERIES + WARM_UP));
  const times: number[] = [];
  const cpu: number[] = [];
  const lists: number[][] = [];
  for (let i = 0; i < QUERIES + WARM_UP; i++) {
    const number = i * every;
    const from = performance.now();
    const before = process.cpuUsage();
    const hits = await retriever.related({ ...store.get(number), number }, { count: COUNT });
    if (i < WARM_UP) continue;
    times.push(performance.now() - from);
    cpu.push(1000 * cpuSince(before));
    lists.push(hits.map(({ passage }) => passage));
  }
  const at = (values: readonly number[], share: number): number =>
    values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!;
  return {
    buildSeconds,
    buildCpuSeconds,
    queryMedian: at(times, 0.5),
    query95: at(times, 0.95),
    queryCpu: at(cpu, 0.5),
    peakMB: process.resourceUsage().maxRSS / 1000,
    lists,
  };
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function sharedPart(theirs: Side['lists'], ours: Side['lists'], count: number): number {
  const same = theirs.map((list, i) => list.slice(0, count).filter((passage) => ours[i]!.slice(0, count).includes(passage)).length / count);
  return same.reduce((sum, share) => sum + share, 0) / same.length;
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

function markdown({
  commit,
  machine,
  seed,
  rows,
}: {
  readonly commit: string;
  readonly machine: string;
  readonly seed: number;
  readonly rows: readonly Row[];
}): string {
  const one = (value: number): string => value.toFixed(1);
  const table = rows.flatMap(({ passages, textMB, lanceMB, lance, bm25, load }) =>
    (
      [
        ['LanceDB, on disk', lance, lanceMB],
        ['ours, in memory', bm25, undefined],
      ] as const
    ).map(
      ([name, side, disk]) =>
        `| ${passages.toLocaleString('en-US')} | ${name} | ${one(side.buildSeconds)} | ${one(side.buildCpuSeconds)} | ${disk ?? ''} | ${Math.round(side.peakMB)} | ${one(side.queryMedian)} | ${one(side.query95)} | ${one(side.queryCpu)} | ${textMB} | ${load.map(one).join(' to ')} |`,
    ),
  );
  const same = rows.map(
    ({ passages, sameTop10, sameTop30, equalLists }) =>
      `- ${passages.toLocaleString('en-US')} passages: ${one(100 * sameTop10)} % of the 10 best and ${one(100 * sameTop30)} % of the 30 best are the same; ${equalLists} of ${QUERIES} lists of 30 are equal.`,
  );
  return `# Related passages from LanceDB, beside our own BM25

Commit ${commit}; ${machine}; seed ${seed}. \`MEMTRAIN_LANCEDB=FOLDER npm run bench -- lance\`. Passages of 140 to 180 words, recombined from real sentences; the 30 best for a whole passage as the query.
LanceDB's table holds the texts too; it builds and asks with threads of its own, ours with one. Other work ran on the machine: see its load; compare CPU rather than wall time.

| passages | | build, s | build, CPU s | disk, MB | peak memory, MB | query, median ms | 95 % | CPU of a query, median ms | texts, MB | load |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${table.join('\n')}

${same.join('\n')}
`;
}
