/**
 * The engine on ONNX Runtime's providers for GPUs: `npm run bench -- gpu [--executors onnxruntime,onnxruntime-cuda,onnxruntime-webgpu]
 * [--parts suites,products,train,generate,large] [--repeats 3] [--gpu NAME] [--python PATH]`. `suites` runs the tests of kernels and of parity with
 * transformers on each executor; the others measure, beside PyTorch on the same GPU when `--python` (or MEMTRAIN_PYTHON) has it. With
 * NVIDIA_TF32_OVERRIDE=0 products on CUDA are float32 on both sides. What is not run keeps its figures. Writes docs/results/gpu.json and gpu.md.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findExecutors, measureMatmul, type Executor, type LanguageModelConfiguration } from '@memtrain/lm';
import { compile, type ExecutionProvider, type TensorSpec } from '@memtrain/tfjs-jit';
import { generate, LARGE, open, quickest, requests, SMALL, trainingData } from './engine.ts';

/** A suite's tests on an executor. */
interface Suite {
  readonly passed: number;
  readonly skipped: number;
  /** Names of the tests. */
  readonly failed: readonly string[];
}

/** A training step, in seconds; `copies` is what moving the weights in and the gradients out takes by itself. */
interface Step {
  readonly forwardBackward: number;
  readonly optimizer: number;
  readonly copies: number;
  readonly copiedMiB: number;
  readonly tokens: number;
}

/** What one executor did on this machine. */
interface Entry {
  readonly executor: string;
  readonly version: string;
  readonly suites?: Readonly<Record<string, Suite>>;
  /** GFLOP/s by size of the square matrices, which pass through the host's memory each time. */
  readonly products?: Readonly<Record<string, number>>;
  readonly train?: Step;
  /** Time of operators by provider in a training step, in percent; those of the CPU by name. */
  readonly operators?: Readonly<Record<string, number>>;
  /** Seconds for 32 prompts of 256 tokens and 64 new ones each, and for the first of these alone. */
  readonly generate?: { readonly whole: number; readonly prefill: number };
  readonly large?: Step;
}

/** Seconds of PyTorch on the GPU. */
interface Peer {
  readonly version: string;
  readonly train?: number;
  readonly generate?: number;
  readonly large?: number;
}

interface GpuResults {
  readonly machine: string;
  readonly gpu: string;
  entries: Entry[];
  peers: Peer[];
}

const THREADS = Math.min(16, cpus().length);

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      executors: { type: 'string', default: 'onnxruntime,onnxruntime-cuda,onnxruntime-webgpu' },
      parts: { type: 'string', default: 'suites,products,train,generate' },
      repeats: { type: 'string', default: '3' },
      gpu: { type: 'string', default: nvidiaName() ?? 'not named' },
      python: { type: 'string' },
    },
  });
  const python = values.python ?? process.env['MEMTRAIN_PYTHON'];
  const parts = values.parts.split(',');
  const results = read(values.gpu);
  for (const finding of await findExecutors()) {
    if (!values.executors.split(',').includes(finding.name)) continue;
    if (!finding.present) {
      console.log(`${finding.name}: ${finding.reason}`);
      continue;
    }
    const { executor, version } = finding;
    const before = results.entries.find((entry) => entry.version === version && entry.executor === executor.name);
    let entry: Entry = { ...before, executor: executor.name, version };
    for (const part of parts) entry = { ...entry, ...(await measure(part, executor, Number(values.repeats))) };
    results.entries = [...results.entries.filter((other) => other !== before), entry];
    save(results);
  }
  if (python) {
    for (const part of (['train', 'generate', 'large'] as const).filter((name) => parts.includes(name))) {
      const made = await runPeer(python, part, values.repeats);
      const before = results.peers.find(({ version }) => version === made.version);
      results.peers = [...results.peers.filter((other) => other !== before), { ...before, ...made }];
    }
  }
  if (results.entries.length > 0) save(results);
  console.log(page([results]));
}

async function measure(part: string, executor: Executor, repeats: number): Promise<Partial<Entry>> {
  console.log(`${executor.name}: ${part}`);
  switch (part) {
    case 'suites':
      return { suites: runSuites(executor.name) };
    case 'products': {
      const products: Record<string, number> = {};
      for (const size of [256, 1024, 4096])
        products[size] = Number((await measureMatmul(executor, { size, threads: THREADS })).toPrecision(3));
      return { products };
    }
    case 'train':
      return { train: await trainingStep(SMALL, executor, { rows: 8, length: 512, repeats }), operators: await operatorsOf(executor.name) };
    case 'generate': {
      const model = open(SMALL, THREADS, executor);
      const asked = requests(32, 1);
      const whole = (await quickest(() => generate(model, asked, 64), repeats)).seconds;
      const prefill = (await quickest(() => generate(model, asked, 1), repeats)).seconds;
      await model.dispose();
      return { generate: { whole, prefill } };
    }
    case 'large':
      return { large: await trainingStep(LARGE, executor, { rows: 1, length: 2048, repeats: 1 }) };
    default:
      throw new Error(`unknown part ${part}: name some of suites, products, train, generate, large`);
  }
}

interface StepOptions {
  readonly rows: number;
  readonly length: number;
  readonly repeats: number;
}

async function trainingStep(configuration: LanguageModelConfiguration, executor: Executor, options: StepOptions): Promise<Step> {
  const { rows, length, repeats } = options;
  const model = open(configuration, THREADS, executor);
  const data = trainingData(rows, length, configuration.vocabularySize);
  const forwardBackward = (await quickest(async () => void (await model.forwardBackward(data, { kind: 'crossEntropy' })), repeats)).seconds;
  const optimizer = (await quickest(async () => void (await model.optimStep({ learningRate: 1e-4 })), repeats)).seconds;
  const weights = [...model.parameters().values()];
  const specs = weights.map(({ shape }): TensorSpec => ({ shape, dtype: 'float32' }));
  const moving = await executor.compile((...inputs) => inputs.map((input) => input.neg()), specs, { threads: THREADS });
  const feeds = weights.map(({ data: values }) => values);
  const into = weights.map(({ data: values }) => new Float32Array(values.length));
  const copies = (await quickest(async () => void (await moving.run(feeds, into)), repeats)).seconds;
  await moving.dispose();
  await model.dispose();
  const copiedMiB = (2 * weights.reduce((sum, weight) => sum + weight.data.byteLength, 0)) / 2 ** 20;
  return { forwardBackward, optimizer, copies, copiedMiB: Math.round(copiedMiB), tokens: rows * length };
}

/** Where ONNX Runtime put the operators of a training step, and what that took. */
async function operatorsOf(executor: string): Promise<Record<string, number>> {
  const executionProvider = (executor.split('-')[1] ?? 'cpu') as ExecutionProvider;
  const opened: Awaited<ReturnType<typeof compile>>[] = [];
  const model = open(SMALL, THREADS, {
    name: executor,
    async compile(fn, specs, more) {
      const compiled = await compile(fn, specs, { ...more, executionProvider, profile: true });
      opened.push(compiled);
      return compiled;
    },
  });
  const data = trainingData(8, 512);
  for (let i = 0; i < 2; i++) await model.forwardBackward(data, { kind: 'crossEntropy' });
  const times = (await Promise.all(opened.map((compiled) => compiled.profile()))).flat();
  await model.dispose();
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const shares: Record<string, number> = {};
  for (const { operator, provider, milliseconds } of times) {
    const onCpu = provider === 'CPUExecutionProvider' && executionProvider !== 'cpu';
    const where = onCpu || operator.startsWith('Memcpy') ? `${operator} (${provider})` : provider;
    shares[where] = (shares[where] ?? 0) + (100 * milliseconds) / total;
  }
  return Object.fromEntries(Object.entries(shares).map(([where, share]) => [where, Number(share.toFixed(1))]));
}

function runSuites(executor: string): Record<string, Suite> {
  const root = new URL('..', import.meta.url).pathname;
  const provider = executor.split('-')[1] ?? 'cpu';
  const env = { ...process.env, EXECUTOR: executor, REQUIRE_EXECUTORS: executor, TFJS_JIT_PROVIDER: provider, NVIDIA_TF32_OVERRIDE: '0' };
  const work = mkdtempSync(join(tmpdir(), 'memtrain-gpu-'));
  const run = (path: string, only = ''): Suite => {
    const output = join(work, 'suite.json');
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
    spawnSync(process.execPath, [...flags, path, '--json', '--outputFile', output, '--testNamePattern', only], {
      cwd: root,
      env,
      stdio: 'ignore',
    });
    const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as {
      testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
    };
    const tests = testResults.flatMap((file) => file.assertionResults).filter(({ fullName }) => new RegExp(only).test(fullName));
    const named = (status: string): string[] => tests.flatMap((test) => (test.status === status ? [test.fullName] : []));
    const broken = testResults.flatMap((file) => (file.assertionResults.length === 0 ? [file.message.split('\n')[0]!] : []));
    return { passed: named('passed').length, skipped: named('pending').length, failed: [...named('failed'), ...broken] };
  };
  try {
    return {
      'kernels of tfjs-jit': run('packages/tfjs-jit/test/kernels.test.ts'),
      'models through tfjs-jit': run('packages/tfjs-jit/test/models.test.ts'),
      'parity of lm with transformers': run('packages/lm/test/reference.test.ts'),
      'executors of lm': run('packages/lm/test/executors.test.ts', `${executor}[ ,]|REQUIRE_EXECUTORS`),
    };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** PyTorch on the GPU, with the same shapes and weights drawn alike. */
async function runPeer(python: string, part: 'train' | 'generate' | 'large', repeats: string): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'memtrain-gpu-'));
  try {
    const model = open(part === 'large' ? LARGE : SMALL, THREADS);
    await model.save(join(folder, 'model'));
    await model.dispose();
    const script = new URL('engine-peer.py', import.meta.url).pathname;
    const shape = part === 'large' ? ['--rows', '1', '--length', '2048'] : [];
    const what = part === 'large' ? 'train' : part;
    const flags = ['--threads', `${THREADS}`, '--device', 'cuda', '--what', what, '--repeats', repeats, ...shape];
    const output = execFileSync(python, [script, join(folder, 'model'), ...flags], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const made = JSON.parse(output.trim().split('\n').at(-1)!) as Record<'torch' | 'transformers' | 'device', string> & { seconds: number };
    const rounded = process.env['NVIDIA_TF32_OVERRIDE'] === '0' ? '' : ' (products in TF32)';
    return { version: `torch ${made.torch}, transformers ${made.transformers} on ${made.device}${rounded}`, [part]: made.seconds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Name and driver, when NVIDIA's own tool is there. */
function nvidiaName(): string | undefined {
  const [program, ...flags] = ['nvidia-smi', '--query-gpu=name,driver_version', '--format=csv,noheader'] as const;
  const { stdout, status } = spawnSync(program, flags, { encoding: 'utf8' });
  return status === 0 ? stdout.trim().split('\n')[0]!.replace(', ', ', driver ') : undefined;
}

const file = (extension: string): string => new URL(`../docs/results/gpu.${extension}`, import.meta.url).pathname;

function readAll(): GpuResults[] {
  return existsSync(file('json')) ? (JSON.parse(readFileSync(file('json'), 'utf8')) as GpuResults[]) : [];
}

/** What is known of this machine and GPU. */
function read(gpu: string): GpuResults {
  const machine = `${cpus()[0]?.model.trim() ?? 'processor'}, ${cpus().length} cores, Node ${process.version}`;
  return readAll().find((old) => old.machine === machine && old.gpu === gpu) ?? { machine, gpu, entries: [], peers: [] };
}

function save(results: GpuResults): void {
  const all = [...readAll().filter((old) => old.machine !== results.machine || old.gpu !== results.gpu), results];
  writeFileSync(file('json'), `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(file('md'), page(all));
}

function page(all: readonly GpuResults[]): string {
  return [
    '# The engine on GPUs',
    '',
    'Made by `npm run bench -- gpu`, minima of repeated runs. Shapes and work are those of [engine.md](engine.md): training 8 x 512 tokens, generating 64',
    'tokens after 32 prompts of 256; large is one step on 1 x 2,048 tokens (hidden size 1,024, 8 layers, vocabulary 151,936). Copies is what moving the',
    'weights in and the gradients out takes by itself: inputs and outputs pass through the memory of the host at each call.',
    '',
    ...all.flatMap((results) => section(results)),
    ...notes(all),
  ].join('\n');
}

/** What no run of this file finds out. */
function notes(all: readonly GpuResults[]): string[] {
  const onCuda = all.some(({ entries }) => entries.some(({ executor }) => executor === 'onnxruntime-cuda'));
  return [
    '## Notes',
    '',
    ...(onCuda ? [] : ['- CUDA has not been run: no GPU was at hand. Where there is one, `npm run bench -- gpu` fills this page.']),
    "- The provider for CUDA 13 out of PyPI's onnxruntime-gpu 1.30.0 loads into onnxruntime-node 1.30.0. With a CUDA runtime that computes nothing in place of",
    "  the real one, it took every operator of lm's training, scoring, prefill and decoding graphs: none is left to the CPU, nothing is copied between",
    '  operators. Of the kernels of tfjs-jit it leaves to the CPU: `acos`, `asin`, `atan`, `acosh`, `asinh`, `atanh`, `sinh`, `cosh`, `tan`; transposed',
    '  convolutions in 3d; products, `argMax`, `argMin`, `relu`, `clip`, padding and `bitwiseAnd` of integers or booleans.',
    '- On WebGPU the same graphs run whole on the device, once tfjs-jit has avoided what ONNX Runtime 1.30 gets wrong there. Without that, every gradient of',
    '  lm was wrong: the normalization does not write its second output. See the README of tfjs-jit for all cases.',
    '- A batch moves all weights to the device and all gradients back: 28 MiB for the small model, 1,960 MiB for the large one; large batches pay, so raise',
    '  `trainingTokens`. A decoded token moves the weights and the cache of keys and values. AdamW and sampling run on the host.',
    '',
  ];
}

function section({ machine, gpu, peers, entries }: GpuResults): string[] {
  const names = [...new Set(entries.flatMap(({ suites }) => Object.keys(suites ?? {})))];
  const rate = (tokens: number, seconds: number | undefined): string => (seconds ? Math.round(tokens / seconds).toLocaleString('en') : '-');
  const step = ({ forwardBackward, optimizer, copies, copiedMiB, tokens }: Step): string =>
    `${rate(tokens, forwardBackward + optimizer)} (${forwardBackward.toFixed(3)} s and ${optimizer.toFixed(3)} s for AdamW; copies ${copies.toFixed(3)} s for ${copiedMiB} MiB)`;
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = (header: readonly string[], body: readonly (readonly string[])[]): string[] =>
    body.length === 0 ? [] : [row(header), row(header.map(() => '---')), ...body.map(row), ''];
  const measured = entries.filter(({ train, generate: made, large, products }) => train ?? made ?? large ?? products);
  return [
    `## ${gpu}`,
    '',
    `${machine}. ${entries.map(({ executor, version }) => `\`${executor}\`: ${version}`).join('; ')}.`,
    '',
    ...rows(
      ['suite', ...entries.map(({ executor }) => executor)],
      names.map((name) => [
        name,
        ...entries.map(({ suites }) => {
          const suite = suites?.[name];
          return suite ? `${suite.passed} passed, ${suite.failed.length} failed, ${suite.skipped} skipped` : '-';
        }),
      ]),
    ),
    ...entries.flatMap(({ executor, suites }) =>
      Object.values(suites ?? {}).flatMap(({ failed }) => failed.map((name) => `- failed on ${executor}: ${name}`)),
    ),
    ...rows(
      ['', 'training, tokens/s', 'generating, tokens/s', 'large, tokens/s', 'products, GFLOP/s'],
      [
        ...measured.map(({ executor, train, generate: made, large, products }) => [
          executor,
          train ? step(train) : '-',
          made ? `${rate(2048, made.whole)} (decoding ${rate(2016, made.whole - made.prefill)})` : '-',
          large ? step(large) : '-',
          Object.entries(products ?? {}).map(([size, speed]) => `${size}: ${speed}`).join(', ') || '-', // prettier-ignore
        ]),
        ...peers.map((peer) => [peer.version, rate(4096, peer.train), rate(2048, peer.generate), rate(2048, peer.large), '-']),
      ],
    ),
    ...entries.flatMap(({ executor, operators }) =>
      operators && executor !== 'onnxruntime'
        ? [`Operators of a training step on ${executor}, percent of their time: ${Object.entries(operators).map(([name, share]) => `${name} ${share}`).join(', ')}.`, ''] // prettier-ignore
        : [],
    ),
  ];
}
