/**
 * The corpus pipeline beside WikiExtractor, gensim's segment_wiki and bm25s, on a real dump repeated to 100 MB; its tokenizer beside others.
 * `npm run build && MEMTRAIN_PYTHON=python npm run bench -- corpus [--megabytes 100] [--passages 1000000] [--agreement 1000000]
 * [--rounds 3] [--only dump,index,tokens]`; a peer that the interpreter lacks is left out, with a message. In the parts dump and tokens all
 * sides take turns, and the least of their rounds counts, so that what else the machine does weighs on all alike. `--agreement` is the size
 * of index that bm25s is compared on: one of the largest, its fourth and its sixteenth; a million passages take bm25s 4 GB.
 */
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readSources, wikitextToProse } from '../packages/corpus/src/index.ts';
import { randomFromSeed } from '../packages/corpus/src/random.ts';
import { sentences } from '../packages/corpus/src/passages/sentences.ts';
import { data, dist, module, python, root, round, run } from './corpus/measure.ts';
import type { Finished } from './corpus/measure.ts';
import { benchTokens, tokensMarkdown } from './corpus/tokens.ts';
import type { TokensReport } from './corpus/tokens.ts';

interface Row {
  readonly what: string;
  readonly wall: number;
  readonly cpu: number;
  readonly [name: string]: string | number;
}

/** XML to prose, as JSON Lines: what WikiExtractor and segment_wiki write. */
const toProse = `
import { createWriteStream } from 'node:fs'; import { once } from 'node:events';
const { readSources, wikitextToProse } = await import(process.argv[1] + '/index.js');
const out = createWriteStream(process.argv[3]); let articles = 0; let lines = '';
for await (const record of readSources({ dump: process.argv[2] })) {
  if (record.type !== 'article') continue; articles++;
  const { paragraphs } = wikitextToProse(record.article.content.wikitext);
  lines += JSON.stringify({ title: record.article.title, text: paragraphs.map((p) => p.text).join('\\n') }) + '\\n';
  if (lines.length < 1 << 18) continue;
  if (!out.write(lines)) await once(out, 'drain');
  lines = '';
}
out.end(lines); await once(out, 'close'); console.log(articles);`;

/** Sources to passages on disk, by the stage that a build uses. */
const toPassages = `
const base = process.argv[1]; const { rmSync } = await import('node:fs');
const { openWorkFolder } = await import(base + '/build/work-folder.js'); const { openThreads } = await import(base + '/build/build-threads.js');
const { readStage } = await import(base + '/build/read-stage.js');
const work = await openWorkFolder(process.argv[3], String(Math.random())); const threads = await openThreads({ workers: Number(process.argv[4]) });
const start = performance.now();
const parts = await readStage({ sources: { dump: process.argv[2] }, minWords: 140, maxWords: 180, work, threads, onProgress() {}, checkAborted() {} });
const seconds = (performance.now() - start) / 1000; await threads.close();
console.log(JSON.stringify({ passages: parts.reduce((n, p) => n + p.passages, 0), seconds, rss: process.resourceUsage().maxRSS / 1024 }));`;

/** Builds an index over passage files, then times queries with every n-th passage as the pivot. */
const toIndex = `
const base = process.argv[1]; const { readdirSync, statSync, writeFileSync } = await import('node:fs');
const { openWorkFolder } = await import(base + '/build/work-folder.js'); const { openThreads } = await import(base + '/build/build-threads.js');
const { indexStage } = await import(base + '/build/index-stage.js'); const { scanPassageFiles, openPassageStore } = await import(base + '/passages/passage-store.js');
const { passageIndexOf } = await import(base + '/retrieval/build-index.js'); const { shardOf } = await import(base + '/retrieval/shard-file.js');
const { related } = await import(base + '/retrieval/related.js');
const [, , path, folder, workers, queriesFile] = process.argv;
let start = performance.now(); const files = scanPassageFiles([path]); const scan = (performance.now() - start) / 1000;
const work = await openWorkFolder(folder, String(Math.random())); const threads = await openThreads({ workers: Number(workers) });
start = performance.now();
const shards = await indexStage({ files, work, threads, onProgress() {}, checkAborted() {} });
const seconds = (performance.now() - start) / 1000; await threads.close();
const disk = readdirSync(folder).reduce((n, name) => n + statSync(folder + '/' + name).size, 0);
const index = passageIndexOf(shards.map((memory) => shardOf(memory))); const store = openPassageStore(files);
const times = []; const cpus = []; const top = []; const every = Math.floor(store.size / 220);
for (let i = 0; i < 220; i++) { const { title, text } = store.get(i * every); const from = performance.now(); const used = process.cpuUsage();
  const hits = related(index, title + ' ' + text, { count: 30, exclude: new Set([i * every]) });
  const spent = process.cpuUsage(used); if (i >= 20) { times.push(performance.now() - from); cpus.push((spent.user + spent.system) / 1000); top.push({ pivot: i * every, hits: hits.slice(0, 10).map((h) => h.passage), scores: hits.slice(0, 11).map((h) => h.score) }); } }
times.sort((a, b) => a - b); cpus.sort((a, b) => a - b); if (queriesFile) writeFileSync(queriesFile, JSON.stringify(top));
const postings = index.shards.reduce((n, s) => n + s.passages.length, 0);
console.log(JSON.stringify({ passages: store.size, scan, seconds, disk, postings, rss: process.resourceUsage().maxRSS / 1024, median: times[100], p95: times[190], least: times[0], cpuMedian: cpus[100] }));`;

const bm25s = `
import sys, json, time, resource
import bm25s, numpy
vocabulary = {}; number = lambda word: vocabulary.setdefault(word, len(vocabulary))
tokens = [numpy.array([number(word) for word in line.rstrip('\\n').split(' ')], dtype=numpy.int32) for line in open(sys.argv[1], encoding='utf8')]
start = time.time(); model = bm25s.BM25(k1=1.2, b=0.75, method='lucene'); model.index((tokens, vocabulary), show_progress=False); build = time.time() - start
queries = json.load(open(sys.argv[2])); same = 0; times = []
for query in queries:
    words = numpy.unique(tokens[query['pivot']])
    start = time.time(); scores = model.get_scores_from_ids(words); scores[query['pivot']] = -1; best = scores.argsort()[::-1][:12]; times.append(time.time() - start)
    # Equal scores may stand in any order: the tenth score decides which passages may be in the list.
    tenth = scores[best[9]]; must = {int(i) for i in best[:10] if scores[i] > tenth * (1 + 1e-5)}; may = {int(i) for i in (scores >= tenth * (1 - 1e-5)).nonzero()[0]}
    own = set(query['hits']); same += must <= own <= may
times.sort()
print(json.dumps({'same': same, 'queries': len(queries), 'build': build, 'median': times[len(times) // 2] * 1000, 'rss': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      megabytes: { type: 'string', default: '100' },
      passages: { type: 'string', default: '1000000' },
      agreement: { type: 'string' },
      only: { type: 'string', default: 'dump,index,tokens' },
      peers: { type: 'string', default: 'wikiextractor,gensim' },
      rounds: { type: 'string', default: '3' },
    },
  });
  if (!existsSync(join(data, 'enwiki-sample.xml.bz2'))) return console.log(`nothing measured: the real dump is not in ${data}`);
  if (!python) console.log('peers are left out: set MEMTRAIN_PYTHON to a Python with wikiextractor, gensim, bm25s and tokenizers');
  const folder = mkdtempSync(join(tmpdir(), 'memtrain-bench-'));
  const results = join(root, 'docs/results/corpus.json');
  const before = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as Record<string, unknown>) : {};
  const only = values.only.split(',');
  try {
    const commit = (await run('git', ['-C', root, 'rev-parse', '--short', 'HEAD']))?.stdout.trim() ?? 'unknown';
    const machine = `${cpus().length} x ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
    const command = ['npm run build && MEMTRAIN_PYTHON=python npm run bench -- corpus', ...args].join(' ');
    const part = async (name: string, measure: () => Promise<object>): Promise<object> => {
      if (!only.includes(name)) return {};
      const started = performance.now();
      const measured = await measure();
      return { [name]: { commit, machine, command, seed: 1, ...measured, wallSeconds: Math.round((performance.now() - started) / 1000) } };
    };
    const rounds = Number(values.rounds);
    const report = {
      ...before,
      ...(await part('dump', () => benchDump(folder, Number(values.megabytes), { peers: values.peers.split(','), rounds }))),
      ...(await part('index', () => benchIndex(folder, Number(values.passages), Number(values.agreement ?? values.passages)))),
      ...(await part('tokens', () => benchTokens(folder, rounds))),
    };
    mkdirSync(join(root, 'docs/results'), { recursive: true });
    writeFileSync(results, `${JSON.stringify(report, null, 2)}\n`);
    writeFileSync(results.replace('.json', '.md'), markdown(report as unknown as Report));
    console.log(`written: ${results}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface BenchDumpOptions {
  readonly peers: readonly string[];
  readonly rounds: number;
}

type Numbers = Readonly<Record<string, number>>;

async function benchDump(folder: string, megabytes: number, options: BenchDumpOptions): Promise<{ megabytes: number; rows: Row[] }> {
  const { peers, rounds } = options;
  const xml = join(folder, 'dump.xml');
  const size = (await repeatDump(xml, megabytes * 1e6)) / 1e6;
  await run('bash', ['-c', 'bzip2 -k "$0"', xml]);
  const bz2 = `${xml}.bz2`;
  const passages = async (workers: number, name: string): Promise<Measured | undefined> => {
    const finished = await module(toPassages, dist, bz2, join(folder, name), String(workers));
    return finished && { ...finished, more: JSON.parse(finished.stdout) as Numbers };
  };
  const extract = (from: string): Promise<Measured | undefined> => {
    const extractor = ['-m', 'wikiextractor.WikiExtractor', '--no-templates', '-q', '--processes', '1'];
    return run(python!, [...extractor, '-o', join(folder, 'extracted'), from]);
  };
  const hasPeer = (name: string): boolean => python !== undefined && peers.includes(name);
  const sides: { readonly what: string; readonly measure: () => Promise<Measured | undefined> }[] = [
    { what: 'XML to prose, ours', measure: () => module(toProse, dist, xml, join(folder, 'prose.jsonl')) },
    ...(hasPeer('wikiextractor') ? [{ what: 'XML to prose, WikiExtractor', measure: () => extract(xml) }] : []),
    { what: 'bz2 to passages, ours, 1 worker', measure: () => passages(1, 'work-1') },
    { what: 'bz2 to passages, ours, 2 workers', measure: () => passages(2, 'work-2') },
    // What two cores give at best: nothing is shared, and nothing waits.
    {
      what: 'bz2 to passages, ours, two processes at once, each all of it',
      measure: async () => (await Promise.all([passages(1, 'work-a'), passages(1, 'work-b')])).toSorted(bySeconds).at(-1),
    },
    ...(hasPeer('wikiextractor') ? [{ what: 'bz2 to prose, WikiExtractor', measure: () => extract(bz2) }] : []),
    ...(hasPeer('gensim')
      ? [
          {
            what: 'bz2 to prose, gensim segment_wiki',
            measure: () =>
              run(python!, ['-m', 'gensim.scripts.segment_wiki', '-w', '1', '-f', bz2, '-o', join(folder, 'segments.json.gz')]),
          },
        ]
      : []),
  ];
  const least = new Map<string, Row>();
  for (let turn = 1; turn <= rounds; turn++) {
    for (const { what, measure } of sides) {
      const measured = await measure();
      if (!measured) continue;
      const { wall, cpu, more = {} } = measured;
      console.log(JSON.stringify({ turn, what, wall, cpu, ...more }));
      const row = leastOf(least.get(what), { what, wall, cpu, ...more });
      least.set(what, { ...row, 'MB XML/CPU s': round(size / row.cpu), 'MB XML/s': round(size / row.wall) });
    }
  }
  return { megabytes: size, rows: [...least.values()] };
}

type Measured = Finished & { readonly more?: Numbers };

function bySeconds(a: Measured | undefined, b: Measured | undefined): number {
  return (a?.more?.['seconds'] ?? 0) - (b?.more?.['seconds'] ?? 0);
}

function leastOf(before: Row | undefined, now: Row): Row {
  if (!before) return now;
  const seconds = 'seconds' in now ? { seconds: Math.min(Number(before['seconds']), Number(now['seconds'])) } : {};
  return { ...now, ...seconds, wall: Math.min(before.wall, now.wall), cpu: Math.min(before.cpu, now.cpu) };
}

/** Repeats the pages of the real dump with new ids until the file has that many bytes. */
async function repeatDump(path: string, bytes: number): Promise<number> {
  const source = join(data, 'enwiki-sample.xml.bz2');
  const whole = (await run('bash', ['-c', 'bzcat "$0"', source]))!.stdout;
  const first = whole.indexOf('<page>');
  const end = whole.lastIndexOf('</page>') + 7;
  const pages = whole.slice(first, end).split(/(?<=<\/page>)\s*/);
  const out = createWriteStream(path);
  out.write(whole.slice(0, first));
  let written = 0;
  for (let id = 1_000_000, i = 0; written < bytes; id++, i++) {
    const page = `${pages[i % pages.length]!.replace(/<id>\d+<\/id>/, `<id>${id}</id>`)}\n`;
    written += Buffer.byteLength(page);
    if (!out.write(page)) await once(out, 'drain');
  }
  out.end('</mediawiki>\n');
  await once(out, 'close');
  return statSync(path).size;
}

async function benchIndex(folder: string, passages: number, agreement: number): Promise<object> {
  const rows: Record<string, number>[] = [];
  for (const count of [Math.round(passages / 16), Math.round(passages / 4), passages]) {
    const path = join(folder, `passages-${count}.jsonl`);
    const tokens = join(folder, `tokens-${count}.txt`);
    await makePassages(path, count, count === agreement && python ? tokens : undefined);
    const queries = join(folder, 'queries.json');
    const finished = await module(toIndex, dist, path, join(folder, `index-${count}`), '2', queries);
    if (!finished) continue;
    const row = { ...(JSON.parse(finished.stdout) as Record<string, number>), cpu: finished.cpu, text: statSync(path).size };
    if (existsSync(tokens)) {
      const peer = await run(python!, ['-c', bm25s, tokens, queries]);
      if (peer) Object.assign(row, { bm25s: JSON.parse(peer.stdout) as object });
      rmSync(tokens);
    }
    console.log(JSON.stringify(row));
    rows.push(row);
    rmSync(path);
    rmSync(join(folder, `index-${count}`), { recursive: true });
  }
  return { rows };
}

/** Passages of 140 to 180 words from real sentences: each goes on in its article with a chance of 60 %, and elsewhere otherwise. */
export async function makePassages(path: string, count: number, tokensPath: string | undefined): Promise<void> {
  const { terms } = await import('../packages/corpus/src/retrieval/terms.ts');
  const articles: { title: string; sentences: string[] }[] = [];
  for await (const record of readSources({ dump: join(data, 'enwiki-sample.xml.bz2') })) {
    if (record.type !== 'article' || !('wikitext' in record.article.content)) continue;
    const own = wikitextToProse(record.article.content.wikitext).paragraphs.flatMap(({ text, isListItem }) =>
      isListItem ? [] : sentences(text).map(({ start, end }) => text.slice(start, end)),
    );
    if (own.length > 0) articles.push({ title: record.article.title, sentences: own });
  }
  // Real sentences with one word replaced by a rare one: the vocabulary must grow with the corpus.
  const random = randomFromSeed(1);
  const all = articles.flatMap((article, a) => article.sentences.map((_, s) => [a, s] as const));
  const out = createWriteStream(path);
  const tokens = tokensPath === undefined ? undefined : createWriteStream(tokensPath);
  for (let number = 0; number < count; number++) {
    let [a, s] = all[random.integer(all.length)]!;
    const { title } = articles[a]!;
    const chosen: string[] = [];
    let words = 0;
    while (words < 140) {
      const sentence = articles[a]!.sentences[s]!;
      chosen.push(sentence);
      words += sentence.split(' ').length;
      if (random.float() < 0.6 && s + 1 < articles[a]!.sentences.length) s++;
      else [a, s] = all[random.integer(all.length)]!;
    }
    const text = `${chosen.join(' ').split(' ').slice(0, 180).join(' ')} Nr${random.integer(count)}`;
    const line = JSON.stringify({ title, pageId: number, revisionId: 1, text, links: [] });
    if (!out.write(`${line}\n`)) await once(out, 'drain');
    if (tokens && !tokens.write(`${terms(`${title} ${text}`).join(' ')}\n`)) await once(tokens, 'drain');
  }
  out.end();
  await once(out, 'close');
  tokens?.end();
  if (tokens) await once(tokens, 'close');
}

/** How a part was measured. */
interface Stamp {
  readonly commit: string;
  readonly machine: string;
  readonly command?: string;
}

interface Report {
  readonly dump?: Stamp & { readonly megabytes: number; readonly rows: readonly Row[]; readonly note?: string };
  readonly index?: Stamp & { readonly rows: readonly IndexRow[]; readonly note?: string };
  readonly tokens?: Stamp & TokensReport;
}

type IndexRow = Readonly<
  Record<'passages' | 'seconds' | 'cpu' | 'disk' | 'postings' | 'rss' | 'median' | 'p95' | 'cpuMedian' | 'least' | 'text', number>
> & {
  readonly bm25s?: {
    readonly same: number;
    readonly queries: number;
    readonly build: number;
    readonly median: number;
    readonly rss: number;
  };
};

function markdown({ dump, index, tokens }: Report): string {
  const stamp = ({ commit, machine, command }: Stamp): string => `Commit ${commit}; ${machine}; seed 1.${command ? ` \`${command}\`` : ''}`;
  const lines = [
    '# The corpus pipeline: speed, memory, and what 21 million passages would take',
    '',
    'CPU seconds of the first two tables are those of the whole process tree, start-up included; on a machine that others use too, compare only',
    'rows of one table, and CPU rather than wall time.',
    '',
  ];
  if (dump) {
    lines.push(
      `## A real dump repeated to ${round(dump.megabytes)} MB of XML`,
      '',
      stamp(dump),
      '',
      '| | wall s | CPU s | MB XML per CPU s | memory, MB |',
      '| --- | --- | --- | --- | --- |',
    );
    for (const row of dump.rows)
      lines.push(
        `| ${row.what} | ${round(row.wall)} | ${round(row.cpu)} | ${row['MB XML/CPU s']} | ${row['rss'] ? Math.round(Number(row['rss'])) : ''} |`,
      );
    const find = (what: string): Row | undefined => dump.rows.find((row) => row.what.startsWith(what));
    const ratio = (a: Row | undefined, b: Row | undefined, name: 'cpu' | 'wall' | 'seconds'): string =>
      a && b ? `${round(Number(b[name]) / Number(a[name]))}x` : 'not measured';
    const ours = 'bz2 to passages, ours,';
    lines.push(
      '',
      `- XML to prose beside WikiExtractor, per CPU second: ${ratio(find('XML to prose, ours'), find('XML to prose, WikiExtractor'), 'cpu')} (goal 3x).`,
      `- bz2 to passages beside WikiExtractor's bz2 to prose, per CPU second: ${ratio(find(`${ours} 1`), find('bz2 to prose, WikiExtractor'), 'cpu')} (goal 2x).`,
      `- Two workers beside one, wall time of reading: ${ratio(find(`${ours} 2`), find(`${ours} 1`), 'seconds')} (goal 1.7x); two processes beside one, what the two cores give at best: ${atBest(find(`${ours} 1`), find(`${ours} two`))}.`,
      '',
    );
  }
  if (index) {
    lines.push(
      '## BM25 over passages of 140 to 180 words, two workers, the 30 best for a whole passage as the query',
      '',
      stamp(index),
      '',
      '| passages | build, s | build, CPU s | disk, MB | memory, MB | query, median ms | 95 % | CPU, median ms | bm25s: same top 10 | bm25s: build, s | bm25s: memory, MB |',
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    );
    for (const row of index.rows) {
      const peer = row.bm25s
        ? `${row.bm25s.same} of ${row.bm25s.queries} | ${round(row.bm25s.build)} | ${Math.round(row.bm25s.rss)}`
        : ' | | ';
      lines.push(
        `| ${row.passages} | ${round(row.seconds)} | ${round(row.cpu)} | ${Math.round(row.disk / 1e6)} | ${Math.round(row.rss)} | ${round(row.median)} | ${round(row.p95)} | ${row.cpuMedian === undefined ? '' : round(row.cpuMedian)} | ${peer} |`,
      );
    }
    const last = index.rows.at(-1)!;
    const times = 21e6 / last.passages;
    lines.push(
      '',
      'The passages are recombined real sentences, so the words are fewer and more frequent than in a real corpus: postings lists, and with them',
      'queries, are longer here than there, and the part of the disk that the terms take is smaller.',
      '',
      `Projection to 21 million passages (the paper's class), all of it linear in the last row: index ${round((last.disk * times) / 1e9)} GB on disk and in shared memory, passages`,
      `${round((last.text * times) / 1e9)} GB on disk, build ${Math.round((last.seconds * times) / 60)} minutes, query ${Math.round(last.median * times)} ms (CPU ${last.cpuMedian === undefined ? 'not measured' : `${Math.round(last.cpuMedian * times)} ms`}), ${Math.ceil(21e6 / 65_536)} shards.`,
      '30,000 documents need 3.6 million random passages: a quarter of a dump serves as well, and queries stay under a fifth of that.',
      '',
    );
  }
  if (tokens) lines.push(...tokensMarkdown(tokens, stamp(tokens)));
  for (const note of [dump?.note, index?.note]) if (note) lines.push(`Note: ${note}.`, '');
  return lines.join('\n');
}

/** Two processes do twice the work of one. */
function atBest(one: Row | undefined, two: Row | undefined): string {
  return one && two ? `${round((2 * Number(one['seconds'])) / Number(two['seconds']))}x` : 'not measured';
}
