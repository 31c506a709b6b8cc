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
import type { Related, RelatedPassages } from '@memtrain/corpus';
import { makePassages } from './corpus.ts';

const root = join(import.meta.dirname, '..');
const QUERIES = 200;
const WARM_UP = 20;
const COUNT = 30;
/** So many of ours are looked at for those that are as good as the last of 30. */
const WITH_TIES = 300;

interface Side {
  readonly buildSeconds: number;
  readonly buildCpuSeconds: number;
  readonly queryMedian: number;
  readonly query95: number;
  readonly queryCpu: number;
  readonly peakMB: number;
  /** The best passages of each pivot with their scores. */
  readonly lists: readonly (readonly Related[])[];
}

interface Row {
  readonly passages: number;
  readonly textMB: number;
  readonly lanceMB: number;
  readonly lance: Omit<Side, 'lists'>;
  readonly bm25: Omit<Side, 'lists'>;
  /** Share of LanceDB's 10 and 30 best that ours ranks as high, or as high as its own last. */
  readonly asGood10: number;
  readonly asGood30: number;
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
      lanceMB: megabytes(sum(filesBelow(join(folder, 'tables')).map((path) => statSync(path).size))),
      lance,
      bm25,
      asGood10: asGood(theirs, ours, 10),
      asGood30: asGood(theirs, ours, COUNT),
      equalLists: theirs.filter((list, i) => list.every(({ passage }, rank) => passage === ours[i]![rank]!.passage)).length,
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
  const lists: (readonly Related[])[] = [];
  for (let i = 0; i < QUERIES + WARM_UP; i++) {
    const number = i * every;
    const from = performance.now();
    const before = process.cpuUsage();
    const pivot = { ...store.get(number), number };
    const hits = await retriever.related(pivot, { count: COUNT });
    if (i < WARM_UP) continue;
    times.push(performance.now() - from);
    cpu.push(1000 * cpuSince(before));
    lists.push(side === 'lance' ? hits : await retriever.related(pivot, { count: WITH_TIES }));
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

function asGood(theirs: Side['lists'], ours: Side['lists'], count: number): number {
  const shares = theirs.map((list, i) => {
    const least = ours[i]![count - 1]!.score;
    const good = new Set(ours[i]!.filter(({ score }) => score >= least).map(({ passage }) => passage));
    return list.slice(0, count).filter(({ passage }) => good.has(passage)).length / count;
  });
  return sum(shares) / shares.length;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
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
    ({ passages, asGood10, asGood30, equalLists }) =>
      `- ${passages.toLocaleString('en-US')} passages: of LanceDB's 10 best ${one(100 * asGood10)} %, of its 30 best ${one(100 * asGood30)} % are among ours or have the score of our last; ${equalLists} of ${QUERIES} lists of 30 are equal (many of these passages share sentences, so scores are often equal).`,
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
