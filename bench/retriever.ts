/**
 * `memtrain serve-retriever` under load: an index over passages made of real sentences, concurrent clients on loopback, real questions of
 * ten words. `npm run build && npm run bench -- retriever [--passages 1000000] [--clients 64] [--requests 6000] [--seconds 120]
 * [--folder DIR]`; what is in DIR already is used again.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { randomFromSeed, sentences } from '../packages/corpus/src/index.ts';

const root = join(import.meta.dirname, '..');
const data = join(root, '../shared/data');
const WORDS = 100;

type Squad = readonly {
  readonly title: string;
  readonly paragraphs: readonly { readonly context: string; readonly qas: readonly { readonly question: string }[] }[];
}[];

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      passages: { type: 'string', default: '1000000' },
      clients: { type: 'string', default: '64' },
      requests: { type: 'string', default: '6000' },
      seconds: { type: 'string', default: '120' },
      folder: { type: 'string' },
    },
  });
  if (!existsSync(join(data, 'squad-1.1-dev.json'))) return console.log(`nothing measured: the real texts are not in ${data}`);
  const passages = Number(values.passages);
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'memtrain-bench-'));
  mkdirSync(folder, { recursive: true });
  const started = performance.now();
  try {
    const squad = JSON.parse(readFileSync(join(data, 'squad-1.1-dev.json'), 'utf8')) as Squad;
    const corpus = join(folder, `corpus-${passages}.jsonl`);
    if (!existsSync(corpus)) await writeCorpus(corpus, passages, squad);
    const indexed = existsSync(`${corpus}.index-seconds`);
    const server = await startServer(corpus);
    if (!indexed) writeFileSync(`${corpus}.index-seconds`, String(round(server.seconds)));
    try {
      const questions = squad
        .flatMap(({ paragraphs }) => paragraphs.flatMap(({ qas }) => qas.map(({ question }) => question.trim())))
        .filter((question) => question.split(/\s+/).length === 10);
      await load(server.url, { questions, clients: Number(values.clients), requests: 500, seconds: 60 });
      const before = cpuSeconds(server.child);
      const loadBefore = loadavg()[0]!;
      const measured = await load(server.url, {
        questions,
        clients: Number(values.clients),
        requests: Number(values.requests),
        seconds: Number(values.seconds),
      });
      const cpu = ((cpuSeconds(server.child) - before) * 1000) / measured.requests;
      const report = {
        commit: (await output('git', ['-C', root, 'rev-parse', '--short', 'HEAD'])).trim(),
        machine: `${cpus().length} x ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
        seed: 1,
        loadAverage: { before: round(loadBefore), after: round(loadavg()[0]!) },
        passages,
        wordsOfPassage: WORDS,
        corpusMB: round(statSync(corpus).size / 1e6),
        indexMB: round(readdirSync(`${corpus}.index`).reduce((sum, name) => sum + statSync(join(`${corpus}.index`, name)).size, 0) / 1e6),
        indexAndOpenSeconds: Number(readFileSync(`${corpus}.index-seconds`, 'utf8')),
        questions: questions.length,
        clients: Number(values.clients),
        ...measured,
        serverCpuMillisecondsPerRequest: round(cpu),
        // What a request of 64 waits for when the server has a core of its own: one round of all clients.
        roundOfAllClientsCpuMilliseconds: round(cpu * Number(values.clients)),
        serverPeakMB: peakMegabytes(server.child),
        wallSeconds: Math.round((performance.now() - started) / 1000),
      };
      writeReport(report);
    } finally {
      await server.stop();
    }
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Passages of 100 words from real sentences: each goes on in its text with a chance of 60 %, and elsewhere otherwise; each has a rare word. */
async function writeCorpus(path: string, count: number, squad: Squad): Promise<void> {
  const wiki = JSON.parse(readFileSync(join(data, '2wikimultihop-passages.json'), 'utf8')) as { title: string; text: string }[];
  const texts = [
    ...squad.flatMap(({ title, paragraphs }) => paragraphs.map(({ context }) => ({ title: title.replaceAll('_', ' '), text: context }))),
    ...wiki,
  ];
  const sources = texts.map(({ title, text }) => ({ title, sentences: sentences(text).map(({ start, end }) => text.slice(start, end)) }));
  const all = sources.flatMap((source, a) => source.sentences.map((_, s) => [a, s] as const));
  const random = randomFromSeed(1);
  const out = createWriteStream(`${path}.tmp`);
  for (let number = 0; number < count; number++) {
    let [a, s] = all[random.integer(all.length)]!;
    const { title } = sources[a]!;
    const words: string[] = [];
    while (words.length < WORDS) {
      words.push(...sources[a]!.sentences[s]!.split(' '));
      if (random.float() < 0.6 && s + 1 < sources[a]!.sentences.length) s++;
      else [a, s] = all[random.integer(all.length)]!;
    }
    words.length = WORDS;
    words[random.integer(WORDS)] = `Nr${random.integer(count)}`;
    if (!out.write(`${JSON.stringify({ id: String(number), contents: `"${title}"\n${words.join(' ')}` })}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  renameSync(`${path}.tmp`, path);
}

async function startServer(corpus: string): Promise<{ url: string; child: ChildProcess; seconds: number; stop(): Promise<void> }> {
  const started = performance.now();
  const command = [join(root, 'packages/memtrain/bin/memtrain.js'), 'serve-retriever', '--corpus', corpus, '--port', '0'];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill('SIGINT');
    await once(child, 'close');
  };
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    const url = /http:\S+\/retrieve/.exec(line)?.[0];
    if (url) return { url, child, seconds: (performance.now() - started) / 1000, stop };
  }
  throw new Error('the server ended before it said its address');
}

interface LoadOptions {
  readonly questions: readonly string[];
  readonly clients: number;
  readonly requests: number;
  readonly seconds: number;
}

/** Clients that send one question after the other; ends after so many requests or seconds. */
async function load(
  url: string,
  { questions, clients, requests, seconds }: LoadOptions,
): Promise<{ requests: number; failed: number; seconds: number; perSecond: number; p50: number; p95: number; p99: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  let sent = 0;
  let failed = 0;
  const started = performance.now();
  const client = async (): Promise<void> => {
    while (sent < requests && performance.now() - started < seconds * 1000) {
      const question = questions[sent++ % questions.length]!;
      const from = performance.now();
      const answer = (await post(url, agent, { queries: [question], topk: 3, return_scores: true })) as { result?: unknown[][] };
      times.push(performance.now() - from);
      if (answer.result?.[0]?.length !== 3) failed++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const elapsed = (performance.now() - started) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => round(times[Math.min(times.length - 1, Math.floor(share * times.length))]!);
  return {
    requests: times.length,
    failed,
    seconds: round(elapsed),
    perSecond: round(times.length / elapsed),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  };
}

function post(url: string, agent: Agent, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (part: string) => (text += part))
        .on('end', () => resolve(JSON.parse(text)));
    });
    sent.on('error', reject).end(JSON.stringify(body));
  });
}

function writeReport(
  report: Readonly<Record<string, unknown>> & { readonly p50: number; readonly p95: number; readonly p99: number },
): void {
  const results = join(root, 'docs/results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'retriever.json'), `${JSON.stringify(report, null, 2)}\n`);
  const shown = Object.entries(report).map(([name, value]) => `| ${name} | ${typeof value === 'string' ? value : JSON.stringify(value)} |`);
  const text = [
    '# The retriever server under load',
    '',
    '`npm run bench -- retriever`: BM25 over passages of 100 words made of real sentences, clients that send one real question of ten words',
    'after the other over loopback, on the same cores as the server. p50, p95 and p99 are milliseconds of a request, as the client sees it.',
    `The target is a p95 under 150 ms on 2 cores that do nothing else: ${report.p95 < 150 ? 'met' : 'missed'} in this run, under the load average below.`,
    'The CPU time of the server for one request of every client (roundOfAllClientsCpuMilliseconds) says what a client would wait on a free core.',
    '',
    '| what | value |',
    '| --- | --- |',
    ...shown,
    '',
  ];
  writeFileSync(join(results, 'retriever.md'), text.join('\n'));
  console.log(text.join('\n'));
}

function cpuSeconds({ pid }: ChildProcess): number {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return NaN;
  const fields = readFileSync(path, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function peakMegabytes({ pid }: ChildProcess): number {
  const path = `/proc/${pid}/status`;
  return existsSync(path) ? Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(path, 'utf8'))![1]) / 1024) : NaN;
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  for await (const part of child.stdout) text += String(part);
  return text;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
