/**
 * What a build holds in memory when its corpus grows, and with it the number of distinct names.
 *
 *     npm run bench -- corpus-memory [--articles 50000,200000] [--write]
 *
 * A dump is made up while it is read (standard input): every article has a name of its own, links to ten others by names of their own, and
 * has two redirects. So redirects, kinds and surface forms all grow with the articles, faster than in a real wiki. Each size is built in a
 * process of its own; the peak of its resident memory is noted at the end of each stage. `--write` puts the table into
 * docs/results/corpus-memory.{json,md}.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCorpus, randomFromSeed } from '@memtrain/corpus';

const root = join(import.meta.dirname, '..');
const SEED = 1;
/** Passages of the paper's corpus. */
const PAPER = 21_000_000;

interface Peaks {
  readonly articles: number;
  readonly passages: number;
  readonly distinctNames: number;
  readonly megabytesOfXml: number;
  /** Peak resident memory in MB up to the end of each stage. */
  readonly read: number;
  readonly index: number;
  readonly tables: number;
  readonly seconds: number;
}

export async function main(args: string[]): Promise<void> {
  const value = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const one = value('--one');
  if (one !== undefined) {
    console.log(JSON.stringify(await measure(Number(one))));
    return;
  }
  const sizes = (value('--articles') ?? '50000,200000').split(',').map(Number);
  const rows = sizes.map((articles) => {
    const run = [fileURLToPath(new URL('./run.ts', import.meta.url)), 'corpus-memory', '--one', String(articles)];
    const output = execFileSync(process.execPath, [...process.execArgv, ...run], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return JSON.parse(output.trimEnd().split('\n').at(-1)!) as Peaks;
  });
  const result = {
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
    machine: `${cpus().length} x ${cpus()[0]!.model}, Node ${process.version}`,
    seed: SEED,
    rows,
  };
  const table = markdown(result);
  console.log(table);
  if (!args.includes('--write')) return;
  writeFileSync(join(root, 'docs/results/corpus-memory.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(root, 'docs/results/corpus-memory.md'), table);
}

const REDIRECTS = 2;
const LINKS = 10;

async function measure(articles: number): Promise<Peaks> {
  const out = mkdtempSync(join(tmpdir(), 'memtrain-bench-'));
  const began = performance.now();
  const peak = (): number => Math.round(process.resourceUsage().maxRSS / 1000);
  const peaks = { read: 0, index: 0, tables: 0 };
  let bytes = 0;
  try {
    const { manifest } = await buildCorpus({
      dump: '-',
      standardInput: dump(articles, (count) => (bytes += count)),
      out,
      documents: 1,
      seed: SEED,
      minPassages: 1,
      minTokens: 0,
      onProgress: ({ stage, documents }) => {
        if (stage === 'read') peaks.read = peak();
        else if (stage === 'index') peaks.index = peak();
        else if (documents === 0) peaks.tables = peak();
      },
    });
    return {
      articles,
      passages: manifest.counts.passages,
      distinctNames: articles * (1 + REDIRECTS + LINKS),
      megabytesOfXml: Math.round(bytes / 1e6),
      ...peaks,
      seconds: Math.round((performance.now() - began) / 1000),
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function* dump(articles: number, onBytes: (count: number) => void): AsyncGenerator<Uint8Array> {
  const random = randomFromSeed(SEED);
  const syllables = 'ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu'.split(' ');
  const word = (number: number): string => {
    let text = '';
    for (let rest = number + 400; rest > 0; rest = Math.floor(rest / 20)) text += syllables[rest % 20]!;
    return text[0]!.toUpperCase() + text.slice(1);
  };
  const filler = 'the town was built near a river and its people kept sheep while the council made roads to every village'.split(' ');
  const page = (id: number, title: string, text: string, redirect = ''): string =>
    `<page><title>${title}</title><ns>0</ns><id>${id}</id>${redirect}<revision><id>${id}</id><text>${text}</text></revision></page>\n`;
  let pending = '<mediawiki><siteinfo><base>https://en.wikipedia.org/wiki/Main_Page</base></siteinfo>\n';
  for (let article = 0; article < articles; article++) {
    const title = `${word(article)} Prime`;
    const sentences = Array.from({ length: LINKS }, (_, link) => {
      const other = `[[${word(random.integer(articles))} Prime|${word(article)} ${word(link)} of ${word(article + link)}]]`;
      return `In ${1000 + random.integer(999)} ${other} said that ${random.shuffle(filler).slice(0, 11).join(' ')}.`;
    });
    pending += page(article * 3 + 1, title, `{{Infobox settlement}}\n'''${title}''' was a town. ${sentences.join(' ')}`);
    for (let i = 1; i <= REDIRECTS; i++)
      pending += page(article * 3 + 1 + i, `${word(article)} Old ${i}`, '#REDIRECT', `<redirect title="${title}" />`);
    if (pending.length < 1 << 20 && article < articles - 1) continue;
    const chunk = Buffer.from(article === articles - 1 ? `${pending}</mediawiki>` : pending);
    onBytes(chunk.length);
    yield chunk;
    pending = '';
  }
}

function markdown({
  commit,
  machine,
  rows,
}: {
  readonly commit: string;
  readonly machine: string;
  readonly rows: readonly Peaks[];
}): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  const table = rows.map(
    ({ articles, passages, distinctNames, megabytesOfXml, read, index, tables, seconds }) =>
      `| ${number(articles)} | ${number(megabytesOfXml)} | ${number(passages)} | ${number(distinctNames)} | ${read} | ${index} | ${tables} | ${seconds} |`,
  );
  return `# Memory of a build whose names grow with it

Commit ${commit}; ${machine}; seed ${SEED}. \`npm run bench -- corpus-memory\`. A made-up dump in which every article, redirect and link has a name of its own, read by one thread;
the peak of resident memory (MB) up to the end of each stage. Names are those of articles, redirects and links together.

| articles | MB of XML | passages | distinct names | reading | and index | and tables of names | seconds |
| --- | --- | --- | --- | --- | --- | --- | --- |
${table.join('\n')}

- Reading holds one batch for each worker; passages, redirects and kinds of pages go to disk part by part.
- Tables of names hold 500,000 entries each (\`mostNames\`): surface forms of links, redirects, kinds of titles, spellings of words; kinds voted
  for by the text 400,000. Beyond that the rarest are forgotten: surface forms seen least often, redirects and kinds of the titles linked to
  least often.
- Projection to ${number(PAPER)} passages: reading as above; the tables as in the last row once it is beyond 500,000 names; offsets of the
  passages ${Math.round((PAPER * 8) / 1e6)} MB, the order of the pivots ${Math.round((PAPER * 8) / 1e6)} MB; the index, 6.4 GB, is what decides (corpus.md). Workers share the tables, the offsets
  and the index.
`;
}
