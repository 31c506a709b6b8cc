/**
 * The local engine beside PyTorch and transformers: same weights, same work, one run. `npm run bench -- engine [--parts train,generate,group,large]
 * [--threads 1,2] [--repeats 3]`. The peer runs in the Python of `--python` or MEMTRAIN_PYTHON (with torch and transformers); without one it is
 * left out. Parts that are not run keep their figures. Writes docs/results/engine.json and engine.md.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, freemem, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLanguageModel, type Executor, type LanguageModel, type LanguageModelConfiguration } from '@memtrain/lm';
import { randomFromSeed, wordTokenizer, type Conversation, type Datum, type Request } from '@memtrain/policy';
import { compile } from '@memtrain/tfjs-jit';

export const SMALL: LanguageModelConfiguration = {
  vocabularySize: 2048,
  hiddenSize: 256,
  layers: 4,
  heads: 4,
  keyValueHeads: 2,
  headSize: 64,
  intermediateSize: 768,
  ropeTheta: 1_000_000,
  normEpsilon: 1e-6,
  tiedEmbeddings: true,
  maxPositions: 4096,
  initializerRange: 0.02,
};

export const LARGE: LanguageModelConfiguration = {
  ...SMALL,
  vocabularySize: 151_936,
  hiddenSize: 1024,
  layers: 8,
  heads: 16,
  keyValueHeads: 8,
  headSize: 64,
  intermediateSize: 3072,
};

/** Wall-clock and processor seconds of the quickest repeat. */
export interface Time {
  readonly seconds: number;
  readonly processor: number;
}

/** Of a generation also the time of reading its prompts. */
interface PeerTime extends Time {
  readonly prefill?: Time;
}

interface Comparison {
  readonly what: string;
  readonly threads: number;
  readonly tokens: number;
  readonly own: Time;
  readonly peer?: Time;
  readonly target: number;
}

interface Results {
  readonly machine: string;
  readonly seed: number;
  peer?: string;
  comparisons: Comparison[];
  large?: { readonly seconds: number; readonly residentGiB: number; readonly targetGiB: number };
  /** Share of a training step's operator time, in percent, one thread. */
  profile?: Record<string, number>;
  /** Load averages of the runs: how many others computed at the same time. */
  load: Record<string, number>;
  wallSeconds: Record<string, number>;
}

const SEED = 1;
/** How often the two sides of a comparison take turns. */
const TURNS = 3;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      parts: { type: 'string', default: 'train,generate,group' },
      threads: { type: 'string', default: '2,1' },
      repeats: { type: 'string', default: '3' },
      python: { type: 'string' },
    },
  });
  const python = values.python ?? process.env['MEMTRAIN_PYTHON'];
  if (!python) console.log('no peer: give --python or MEMTRAIN_PYTHON, a Python with torch and transformers');
  const folder = new URL('../docs/results/', import.meta.url).pathname;
  const file = join(folder, 'engine.json');
  const results = read(file);
  const before = structuredClone(results);
  const repeats = Number(values.repeats);
  const work = mkdtempSync(join(tmpdir(), 'memtrain-engine-'));
  try {
    for (const part of values.parts.split(',')) {
      const started = performance.now();
      if (part === 'large') results.large = await largeStep();
      for (const threads of part === 'large' ? [] : values.threads.split(',').map(Number)) {
        const made = await compare(part, { threads, repeats, python, work, results });
        const replaced = new Set(made.map((entry) => key(entry)));
        results.comparisons = [...results.comparisons.filter((entry) => !replaced.has(key(entry))), ...made];
      }
      results.wallSeconds[part] = Math.round((performance.now() - started) / 1e3);
      results.load[part] = Number(loadavg()[0]!.toFixed(1));
    }
  } finally {
    rmSync(work, { recursive: true });
  }
  const merged = merge(read(file), before, results);
  writeFileSync(file, `${JSON.stringify(merged, null, 2)}\n`);
  const text = table(merged);
  writeFileSync(join(folder, 'engine.md'), text);
  console.log(text);
}

function read(file: string): Results {
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`;
  const fresh: Results = { machine, seed: SEED, comparisons: [], load: {}, wallSeconds: {} };
  if (!existsSync(file)) return fresh;
  const old = JSON.parse(readFileSync(file, 'utf8')) as Results;
  return old.machine === machine ? old : fresh;
}

/** What this run changed, on top of what is in the file now: another run may have ended meanwhile. */
function merge(now: Results, before: Results, after: Results): Results {
  const old = new Map(before.comparisons.map((entry) => [key(entry), JSON.stringify(entry)]));
  const changed = after.comparisons.filter((entry) => old.get(key(entry)) !== JSON.stringify(entry));
  const replaced = new Set(changed.map((entry) => key(entry)));
  return {
    ...now,
    ...(after.peer !== undefined && { peer: after.peer }),
    ...(JSON.stringify(after.large) !== JSON.stringify(before.large) && { large: after.large! }),
    ...(JSON.stringify(after.profile) !== JSON.stringify(before.profile) && { profile: after.profile! }),
    comparisons: [...now.comparisons.filter((entry) => !replaced.has(key(entry))), ...changed].sort((a, b) => key(a).localeCompare(key(b))),
    load: { ...now.load, ...after.load },
    wallSeconds: { ...now.wallSeconds, ...after.wallSeconds },
  };
}

function key({ what, threads }: Comparison): string {
  return `${what}/${threads}`;
}

interface CompareOptions {
  readonly threads: number;
  readonly repeats: number;
  readonly python: string | undefined;
  readonly work: string;
  readonly results: Results;
}

async function compare(part: string, options: CompareOptions): Promise<Comparison[]> {
  const { threads, repeats, work } = options;
  const model = open(SMALL, threads);
  const folder = join(work, `model-${threads}`);
  if (!existsSync(folder)) await model.save(folder);
  const peer = (what: string): PeerTime | undefined => runPeer(what, folder, options);
  try {
    if (part === 'train') {
      const data = trainingData(8, 512);
      const step = async (): Promise<void> => {
        await model.forwardBackward(data, { kind: 'crossEntropy' });
        await model.optimStep({ learningRate: 1e-3 });
      };
      const [own, other] = await inTurns(
        () => quickest(step, repeats),
        () => peer('train'),
      );
      options.results.profile = await profileOf(data);
      return [{ what: 'train 8 x 512, AdamW', threads, tokens: 4096, own, ...withPeer(other), target: 1.2 }];
    }
    if (part === 'generate') {
      const distinct = requests(32, 1);
      const shared = requests(4, 8);
      const [own, whole] = await inTurns(
        async () => ({
          ...(await quickest(() => generate(model, distinct, 64), repeats)),
          prefill: await quickest(() => generate(model, distinct, 1), repeats),
        }),
        () => peer('generate'),
      );
      const [samples, several] = await inTurns(
        () => quickest(() => generate(model, shared, 64), repeats),
        () => peer('samples'),
      );
      const less = (a: Time, b: Time): Time => ({ seconds: a.seconds - b.seconds, processor: a.processor - b.processor });
      const decoded = whole && less(whole, whole.prefill!);
      return [
        { what: 'generate 32 x (256 + 64), distinct', threads, tokens: 2048, own, ...withPeer(whole), target: 2 },
        { what: 'of that, decoding', threads, tokens: 2016, own: less(own, own.prefill!), ...withPeer(decoded), target: 2.5 },
        { what: 'generate 4 prompts x 8 samples', threads, tokens: 2048, own: samples, ...withPeer(several), target: 4 },
      ];
    }
    if (part === 'group') return [await groups(model, threads, repeats)];
    throw new Error(`unknown part ${part}: name some of train, generate, group, large`);
  } finally {
    await model.dispose();
  }
}

/** 8 prompts of 512 tokens with 8 samples of 64, sampled and trained on; beside it the same with nothing shared, which has other prompts. */
async function groups(model: LanguageModel, threads: number, repeats: number): Promise<Comparison> {
  const round = async (prompts: number, samples: number): Promise<void> => {
    const asked = Array.from({ length: prompts }, () => tokens(512)).flatMap((prompt) =>
      Array.from({ length: samples }, (_, seed): Request => ({ prompt, seed })),
    );
    const said: Conversation[] = [];
    for await (const result of (await model.model()).complete(asked, { maxTokens: 64 })) {
      if ('conversation' in result) said.push(result.conversation!);
    }
    const data = said.map((conversation): Datum => ({ ...conversation, advantage: Math.sin(conversation.completion[0]!), weight: 1 / 64 }));
    await model.forwardBackward(data, { kind: 'policyGradient', clipLow: 0.2, clipHigh: 0.28, kl: 0 });
    await model.optimStep({ learningRate: 1e-5 });
  };
  const own = await quickest(() => round(8, 8), repeats);
  const peer = await quickest(() => round(64, 1), repeats);
  return {
    what: 'group: 8 prompts of 512 x 8 samples of 64, sampled and trained; beside nothing shared',
    threads,
    tokens: 4096,
    own,
    peer,
    target: 2.5,
  };
}

/** Where the time of a training step goes. */
async function profileOf(data: readonly Datum[]): Promise<Record<string, number>> {
  const opened: Awaited<ReturnType<typeof compile>>[] = [];
  const executor: Executor = {
    name: 'profile',
    async compile(fn, specs, compileOptions) {
      const compiled = await compile(fn, specs, { ...compileOptions, profile: true });
      opened.push(compiled);
      return compiled;
    },
  };
  const model = open(SMALL, 1, executor);
  for (let i = 0; i < 3; i++) await model.forwardBackward(data, { kind: 'crossEntropy' });
  const times = (await Promise.all(opened.map((compiled) => compiled.profile()))).flat();
  await model.dispose();
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return Object.fromEntries(
    times.slice(0, 12).map(({ operator, milliseconds }) => [operator, Number(((100 * milliseconds) / total).toFixed(1))]),
  );
}

async function largeStep(): Promise<{ seconds: number; residentGiB: number; targetGiB: number }> {
  const needed = 9;
  if (freemem() < needed * 2 ** 30) throw new Error(`${(freemem() / 2 ** 30).toFixed(1)} GiB are free, the large part wants ${needed}`);
  const model = open(LARGE, 2);
  const started = performance.now();
  await model.forwardBackward(trainingData(1, 2048, LARGE.vocabularySize), { kind: 'crossEntropy' });
  await model.optimStep({ learningRate: 1e-5, clipNorm: 1 });
  const seconds = (performance.now() - started) / 1e3;
  await model.dispose();
  return { seconds, residentGiB: process.resourceUsage().maxRSS / 2 ** 20, targetGiB: 8 };
}

/** The vocabulary has no end token that could be drawn early: every completion has its whole length. */
export function open(configuration: LanguageModelConfiguration, threads: number, executor?: Executor): LanguageModel {
  const words = wordTokenizer(['<pad>', '<eos>', ...Array.from({ length: configuration.vocabularySize - 2 }, (_, i) => `w${i}`)]);
  return createLanguageModel({ configuration, tokenizer: { ...words, endIds: [] }, seed: SEED, threads, ...(executor && { executor }) });
}

const random = randomFromSeed(SEED);

function tokens(length: number, vocabulary: number = SMALL.vocabularySize): Int32Array {
  return Int32Array.from({ length }, () => 3 + random.integer(vocabulary - 3));
}

export function trainingData(rows: number, length: number, vocabulary: number = SMALL.vocabularySize): Datum[] {
  return Array.from({ length: rows }, () => ({
    prompt: tokens(1, vocabulary),
    completion: tokens(length, vocabulary),
    logprobs: new Float32Array(length),
    finish: 'length' as const,
    advantage: 0,
    weight: 1 / (rows * length),
  }));
}

export function requests(prompts: number, samples: number): Request[] {
  return Array.from({ length: prompts }, () => tokens(256)).flatMap((prompt) =>
    Array.from({ length: samples }, (_, seed): Request => ({ prompt, seed })),
  );
}

export async function generate(model: LanguageModel, asked: readonly Request[], maxTokens: number): Promise<void> {
  let made = 0;
  for await (const result of (await model.model()).complete(asked, { maxTokens })) {
    if ('conversation' in result) made += result.conversation!.completion.length;
  }
  if (made !== asked.length * maxTokens) throw new Error(`${made} tokens were made, not ${asked.length * maxTokens}`);
}

/** The quickest of both sides, which take turns: what else the machine does meanwhile slows both. */
async function inTurns(
  own: () => Promise<PeerTime>,
  peer: () => PeerTime | undefined,
): Promise<[own: PeerTime, peer: PeerTime | undefined]> {
  const [ours, theirs] = [await own(), peer()];
  if (!theirs) return [ours, undefined];
  let best: [PeerTime, PeerTime] = [ours, theirs];
  for (let turn = 1; turn < TURNS; turn++) best = [quicker(best[0], await own()), quicker(best[1], peer()!)];
  return best;
}

export function quicker(a: PeerTime, b: PeerTime): PeerTime {
  return {
    seconds: Math.min(a.seconds, b.seconds),
    processor: Math.min(a.processor, b.processor),
    ...(a.prefill && b.prefill && { prefill: quicker(a.prefill, b.prefill) }),
  };
}

export async function quickest(run: () => Promise<void>, repeats: number): Promise<Time> {
  await run();
  let best: Time = { seconds: Infinity, processor: Infinity };
  for (let i = 0; i < repeats; i++) {
    const started = performance.now();
    const before = process.cpuUsage();
    await run();
    const used = process.cpuUsage(before);
    best = {
      seconds: Math.min(best.seconds, (performance.now() - started) / 1e3),
      processor: Math.min(best.processor, (used.user + used.system) / 1e6),
    };
  }
  return best;
}

function runPeer(what: string, folder: string, { threads, repeats, python, results }: CompareOptions): PeerTime | undefined {
  if (!python) return undefined;
  const script = new URL('engine-peer.py', import.meta.url).pathname;
  const output = execFileSync(python, [script, folder, '--threads', `${threads}`, '--what', what, '--repeats', `${repeats}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const made = JSON.parse(output.trim().split('\n').at(-1)!) as PeerTime & { torch: string; transformers: string };
  results.peer = `torch ${made.torch}, transformers ${made.transformers}`;
  return made;
}

function withPeer(peer: Time | undefined): { peer?: Time } {
  return peer ? { peer: { seconds: peer.seconds, processor: peer.processor } } : {};
}

function table({ machine, peer, comparisons, large, profile, load, wallSeconds }: Results): string {
  const rate = (tokenCount: number, seconds: number): string => Math.round(tokenCount / seconds).toLocaleString('en');
  const lines = comparisons.map(({ what, threads, tokens: count, own, peer: other, target }) => {
    const ratios = other ? `${(other.seconds / own.seconds).toFixed(2)} | ${(other.processor / own.processor).toFixed(2)}` : '- | -';
    return `| ${what} | ${threads} | ${rate(count, own.seconds)} | ${other ? rate(count, other.seconds) : '-'} | ${ratios} | ${target} |`;
  });
  return [
    '# The local engine beside PyTorch',
    '',
    `Made by \`npm run bench -- engine\` on ${machine}; peer: ${peer ?? 'none'}. Qwen3 of hidden size 256, 4 layers, 4 heads, 2 key/value heads,`,
    'vocabulary 2,048, float32, same weights on both sides. Minima of repeated runs. Where the machine is shared (load below), the ratio of processor',
    'seconds is the steadier one. The peer of the group row is this engine with nothing shared.',
    '',
    '| | threads | tokens/s | peer | ratio (wall) | ratio (processor) | target |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    large
      ? `One training step on 1 x 2,048 tokens, hidden size 1,024, 8 layers, vocabulary 151,936: ${large.seconds.toFixed(0)} s with compiling, ${large.residentGiB.toFixed(1)} GiB resident at most (target ${large.targetGiB}).`
      : 'The large model was not run.',
    '',
    ...(profile
      ? [
          `Operators of a training step (one thread, percent of their time): ${Object.entries(profile)
            .map(([operator, share]) => `${operator} ${share}`)
            .join(', ')}. Gemm, MatMul and FusedMatMul are matrix products, whose kernels are ONNX Runtime's.`,
          '',
          '[Where a decoding step goes](engine-decoding.md).',
          '',
        ]
      : []),
    `Load averages: ${Object.entries(load)
      .map(([part, value]) => `${part} ${value}`)
      .join(', ')}; wall seconds: ${Object.entries(wallSeconds)
      .map(([part, value]) => `${part} ${value}`)
      .join(', ')}.`,
    '',
  ].join('\n');
}
