/**
 * Memory and speed of the tables of names that all workers of a build share.
 *
 *     npm run bench -- name-tables [--articles 35000,350000] [--most 500000,5000000]
 *
 * Passages are made up: every article is linked to by ten names of its own and has two redirects. Each row is measured in a process of its own, with
 * so many articles and room for so many names (`mostNames`).
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { collectEntityTables, entityTablesFrom, randomFromSeed } from '@memtrain/corpus';
import type { EntityTablesData, Passage } from '@memtrain/corpus';

const root = join(import.meta.dirname, '..');
const SEED = 1;
const LINKS = 10;
const REDIRECTS = 2;
const SYLLABLES = 'ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu'.split(' ');

interface Row {
  readonly articles: number;
  readonly mostNames: number;
  /** Distinct names in the tables. */
  readonly names: number;
  readonly sharedMB: number;
  /** Growth of the heap when a thread opens the tables. */
  readonly threadMB: number;
  /** Most resident memory until the tables are there. */
  readonly peakMB: number;
  readonly collectCpuSeconds: number;
  readonly lookUpNanoseconds: number;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      articles: { type: 'string', default: '35000,350000' },
      most: { type: 'string', default: '500000,5000000' },
      one: { type: 'boolean', default: false },
    },
  });
  const most = values.most.split(',').map(Number);
  if (values.one) return console.log(JSON.stringify(measure(Number(values.articles), most[0]!)));
  const rows = values.articles.split(',').map((articles, i) => {
    const run = [
      fileURLToPath(new URL('./run.ts', import.meta.url)),
      'name-tables',
      '--one',
      '--articles',
      articles,
      '--most',
      String(most[i]),
    ];
    const options = ['--expose-gc', '--max-old-space-size=8192', ...process.execArgv, ...run];
    return JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })) as Row;
  });
  const report = {
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
    machine: `${cpus().length} x ${cpus()[0]!.model}, Node ${process.version}`,
    seed: SEED,
    rows,
  };
  console.log(markdown(report));
  writeFileSync(join(root, 'docs/results/name-tables.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(root, 'docs/results/name-tables.md'), markdown(report));
}

function measure(articles: number, mostNames: number): Row {
  const before = process.cpuUsage();
  const passages = { size: articles, [Symbol.iterator]: () => madeUp(articles) };
  const redirects = { [Symbol.iterator]: () => redirectsOf(articles) };
  const kinds = { [Symbol.iterator]: () => kindsOf(articles) };
  const data = collectEntityTables(passages, { redirects, kinds, mostNames });
  const { user, system } = process.cpuUsage(before);
  const peakMB = process.resourceUsage().maxRSS / 1000;
  const heap = heapMB();
  const tables = entityTablesFrom(structuredClone(data));
  const threadMB = heapMB() - heap;
  const random = randomFromSeed(SEED);
  const asked = Array.from({ length: 200_000 }, () => nameOf(random.integer(articles), random.integer(LINKS)));
  let least = Infinity;
  for (let round = 0; round < 5; round++) {
    const from = performance.now();
    for (const name of asked) tables.anchors.titleOf(name);
    least = Math.min(least, ((performance.now() - from) / asked.length) * 1e6);
  }
  return {
    articles,
    mostNames,
    names: data.truecase.capital.length + data.anchors.titles.length + data.names.names.starts.length - 1,
    sharedMB: bytesOf(data) / 1e6,
    threadMB,
    peakMB,
    collectCpuSeconds: (user + system) / 1e6,
    lookUpNanoseconds: least,
  };
}

function word(number: number): string {
  let text = '';
  for (let rest = number + 400; rest > 0; rest = Math.floor(rest / 20)) text += SYLLABLES[rest % 20]!;
  return text[0]!.toUpperCase() + text.slice(1);
}

const titleOf = (article: number): string => `${word(article)} Prime`;
const nameOf = (article: number, link: number): string => `${word(article)} ${word(link)} of ${word(article + link)}`;

function* madeUp(articles: number): Generator<Passage> {
  const random = randomFromSeed(SEED);
  for (let article = 0; article < articles; article++) {
    let text = '';
    const links = Array.from({ length: LINKS }, (_, link) => {
      text += `In ${1000 + link} the great `;
      const start = text.length;
      text += nameOf(article, link);
      const end = text.length;
      text += ` said that ${word(article * 7 + link).toLowerCase()} was born in ${word(article)}. `;
      return { start, end, target: titleOf(random.integer(articles)) };
    });
    yield { title: titleOf(article), pageId: article, revisionId: 1, text, links };
  }
}

function* redirectsOf(articles: number): Generator<[string, string]> {
  for (let article = 0; article < articles; article++)
    for (let i = 1; i <= REDIRECTS; i++) yield [`${word(article)} Old ${i}`, titleOf(article)];
}

function* kindsOf(articles: number): Generator<[string, 'person']> {
  for (let article = 0; article < articles; article++) yield [titleOf(article), 'person'];
}

function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return Object.values(value as EntityTablesData).reduce((sum: number, part: unknown) => sum + bytesOf(part), 0);
}

function heapMB(): number {
  gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

function markdown({ commit, machine, rows }: { readonly commit: string; readonly machine: string; readonly rows: readonly Row[] }): string {
  const number = (value: number): string => Math.round(value).toLocaleString('en-US');
  const table = rows.map(
    (row) =>
      `| ${number(row.articles)} | ${number(row.mostNames)} | ${number(row.names)} | ${number(row.sharedMB)} | ${row.threadMB.toFixed(1)} | ${number(row.peakMB)} | ${number(row.collectCpuSeconds)} | ${number(row.lookUpNanoseconds)} |`,
  );
  return `# Tables of names, one copy for all workers

Commit ${commit}; ${machine}; seed ${SEED}. \`npm run bench -- name-tables\`. Made-up passages in which every article is linked to by ten names of its own and has two redirects; \`mostNames\` is the room for
surface forms, redirects and kinds each (a build has 500,000; words have 500,000 and names with votes 400,000 in any case). The tables are typed arrays in shared memory.

| articles | room | names in the tables | shared by all threads, MB | a thread's own, MB | peak while collecting, MB | collecting, CPU s | a look-up, ns |
| --- | --- | --- | --- | --- | --- | --- | --- |
${table.join('\n')}
`;
}
