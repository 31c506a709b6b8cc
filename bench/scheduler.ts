/**
 * The scheduler of @memtrain/agent: 1,024 readings of 9 steps over a scripted model that takes 50 ms a call and serves 256 at a time.
 * `npm run bench -- scheduler [--http] [--out FOLDER]`; `--http` also makes 2,304 calls to an HTTP server that takes 2 s each, through the
 * OpenAI-compatible client, beside plain loops that make the same calls.
 */
import { execFileSync, fork } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readingTasks, runTrajectories } from '@memtrain/agent';
import type { ReadItem } from '@memtrain/agent';
import type { Model } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';

const trajectories = 1024;
const chunksOfEach = 8;
const slots = 256;
const calls = trajectories * (chunksOfEach + 1);
/** About 5,000 tokens, MemAgent's chunk. */
const chunk = 'The committee met again in spring and decided nothing. '.repeat(360);
const reading = { template: 'memagent', memoryTokens: 1024, answerTokens: 1024 } as const;
const items: ReadItem[] = Array.from({ length: trajectories }, (_, index) => {
  return { id: `d${index}`, chunks: Array.from({ length: chunksOfEach }, () => chunk), problem: 'Who decided?', seed: index };
});

interface Load {
  readonly model: Model;
  /** Share of the slots that were busy between the first and the last call. */
  readonly busy: () => number;
}

/** Counts calls in flight over time. */
function slotMeter(): { readonly change: (by: number) => number; readonly busy: () => number } {
  let inFlight = 0;
  let area = 0;
  let first = 0;
  let last = 0;
  return {
    change: (by) => {
      const now = performance.now();
      first ||= now;
      area += inFlight * (now - (last || now));
      last = now;
      return (inFlight += by);
    },
    busy: () => area / (slots * (last - first)),
  };
}

/** Takes `milliseconds` a call; calls beyond the slots would wait, and are an error here. */
function scripted(milliseconds: number): Load {
  const { change: count, busy } = slotMeter();
  const change = (by: number): void => {
    const inFlight = count(by);
    if (inFlight > slots) throw new Error(`${inFlight} calls at once`);
  };
  return {
    busy,
    model: {
      async *complete(requests) {
        change(requests.length);
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        change(-requests.length);
        for (const index of requests.keys()) yield { index, text: 'The committee decided nothing. \\boxed{nobody}', finish: 'stop' };
      },
    },
  };
}

interface Measured {
  readonly wallSeconds: number;
  readonly cpuMillisecondsPerCall: number;
}

async function measured(count: number, work: () => Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const wallSeconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wallSeconds, cpuMillisecondsPerCall: (user + system) / 1000 / count };
}

/** The same calls by 256 plain loops, prompts made beforehand: what the model and its timers cost by themselves. */
async function plainLoops(model: Model, count = calls): Promise<void> {
  const request = { prompt: [{ role: 'user' as const, content: chunk }], seed: 1 };
  let left = count;
  const loop = async (): Promise<void> => {
    while (left-- > 0) for await (const result of model.complete([request], { maxTokens: 1 })) if ('error' in result) throw result.error;
  };
  await Promise.all(Array.from({ length: slots }, loop));
}

interface ScheduledOptions {
  readonly documents?: readonly ReadItem[];
  readonly onEnd?: (ended: number) => void;
}

async function scheduled(model: Model, { documents = items, onEnd }: ScheduledOptions = {}): Promise<void> {
  let ended = 0;
  for await (const { value } of runTrajectories(model, readingTasks(documents, reading), {
    mode: 'continuous',
    concurrency: slots,
    sampling: { maxTokens: 1024 },
  })) {
    if (value.end !== 'answered') throw new Error(`a reading ended ${value.end}: ${value.error?.message}`);
    onEnd?.(++ended);
  }
}

/** Heap in MB after a collection, at every eighth of the way. */
async function heapOverTime(): Promise<number[]> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heap: number[] = [];
  const onEnd = (ended: number): void => {
    if (ended % (trajectories / 8) !== 0) return;
    collectGarbage();
    heap.push(Math.round(process.memoryUsage().heapUsed / 1e4) / 100);
  };
  await scheduled(scripted(5).model, { onEnd });
  return heap;
}

interface OverHttp {
  readonly calls: number;
  readonly seconds: number;
  readonly scheduled: Measured & { readonly busy: number };
  readonly plainLoops: Measured & { readonly busy: number };
}

/** Against an HTTP server in a process of its own, through the OpenAI-compatible client. */
async function overHttp(): Promise<OverHttp> {
  const documents = items.slice(0, slots);
  const count = documents.length * (chunksOfEach + 1);
  const seconds = 2;
  const run = async (work: (model: Model) => Promise<void>): Promise<Measured & { busy: number }> => {
    const server = fork(import.meta.filename, ['--serve', String(seconds * 1000)], { execArgv: process.execArgv });
    const next = (): Promise<unknown> => new Promise((resolve) => server.once('message', resolve));
    const model = openAiModel({ model: 'scripted', baseUrl: (await next()) as string, concurrency: slots });
    const figures = await measured(count, () => work(model));
    const told = next();
    server.send('end');
    const busy = (await told) as number;
    server.kill();
    return { ...figures, busy };
  };
  const plain = await run((model) => plainLoops(model, count));
  return { calls: count, seconds, plainLoops: plain, scheduled: await run((model) => scheduled(model, { documents })) };
}

function serve(milliseconds: number): void {
  const { change, busy } = slotMeter();
  const message = { role: 'assistant', content: 'Nothing. \\boxed{nobody}' };
  const body = JSON.stringify({
    id: '1',
    object: 'chat.completion',
    created: 0,
    model: 'scripted',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
  });
  const server = createServer((request, response) => {
    change(1);
    request.resume();
    request.on('end', () =>
      setTimeout(() => {
        change(-1);
        response.setHeader('content-type', 'application/json');
        response.end(body);
      }, milliseconds),
    );
  });
  server.listen(0, '127.0.0.1', () => process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`));
  process.on('message', () => process.send!(busy()));
}

if (process.argv[2] === '--serve') serve(Number(process.argv[3]));

/** Runs the benchmark; fails when a target is missed. */
export async function main(args: string[]): Promise<void> {
  const folder = args.includes('--out') ? args[args.indexOf('--out') + 1]! : join(import.meta.dirname, '../docs/results');
  await scheduled(scripted(1).model); // warm
  const plain = await measured(calls, () => plainLoops(scripted(50).model));
  const load = scripted(50);
  const run = await measured(calls, () => scheduled(load.model));
  const heap = await heapOverTime();
  const http = args.includes('--http') ? await overHttp() : undefined;
  const result = {
    benchmark: 'scheduler',
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim(),
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}`,
    trajectories,
    steps: chunksOfEach + 1,
    slots,
    latencyMilliseconds: 50,
    idealWallSeconds: (calls / slots) * 0.05,
    busy: load.busy(),
    ...run,
    plainLoops: plain,
    addedCpuMillisecondsPerCall: run.cpuMillisecondsPerCall - plain.cpuMillisecondsPerCall,
    heapMegabytes: heap,
    ...(http ? { http } : {}),
  };
  const failures = [
    ...(result.busy < 0.95 ? ['less than 95 % of the slots were busy'] : []),
    ...(result.addedCpuMillisecondsPerCall >= 1 ? ['a call costs 1 ms of CPU or more'] : []),
    ...(Math.max(...heap) - heap[0]! > 10 ? ['the heap grew by more than 10 MB'] : []),
  ];
  const table = markdown(result, http);
  write(join(folder, 'scheduler.json'), `${JSON.stringify({ ...result, failures }, null, 2)}\n`);
  write(join(folder, 'scheduler.md'), table);
  console.log(table);
  if (failures.length > 0) {
    console.error(failures.join('\n'));
    process.exitCode = 1;
  }
}

function markdown(
  result: Measured & {
    readonly commit: string;
    readonly machine: string;
    readonly busy: number;
    readonly plainLoops: Measured;
    readonly addedCpuMillisecondsPerCall: number;
    readonly idealWallSeconds: number;
    readonly heapMegabytes: readonly number[];
  },
  http: OverHttp | undefined,
): string {
  const rows = [
    ['slots busy', `${(100 * result.busy).toFixed(1)} %`, 'at least 95 %'],
    ['CPU added to a call', `${result.addedCpuMillisecondsPerCall.toFixed(3)} ms`, 'under 1 ms'],
    ['heap at each eighth of the way', `${result.heapMegabytes.join(', ')} MB`, 'flat'],
    ['wall time', `${result.wallSeconds.toFixed(2)} s (ideal ${result.idealWallSeconds.toFixed(2)} s)`, ''],
    ['the same calls by 256 plain loops', `${result.plainLoops.wallSeconds.toFixed(2)} s`, ''],
  ];
  if (http) {
    const { scheduled: ours, plainLoops: plain, seconds } = http;
    const both = (name: string, show: (of: OverHttp['scheduled']) => string): void =>
      void rows.push([`over HTTP, ${seconds} s a call: ${name}`, `${show(ours)} (plain loops ${show(plain)})`, '']);
    both('slots busy', ({ busy }) => `${(100 * busy).toFixed(1)} %`);
    both('wall time', ({ wallSeconds }) => `${wallSeconds.toFixed(1)} s`);
    both('CPU of a call, OpenAI client included', ({ cpuMillisecondsPerCall: cpu }) => `${cpu.toFixed(2)} ms`);
  }
  const title = `# Scheduler: ${trajectories} readings of ${chunksOfEach + 1} steps, ${slots} slots, 50 ms a call`;
  const note = `Prompts of ${(chunk.length / 1000).toFixed(0)} kB, seeds 0 to ${trajectories - 1}; commit ${result.commit}; ${result.machine}. \`npm run bench -- scheduler --http\``;
  const lines = ['| | measured | target |', '| --- | --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`)];
  return `${title}\n\n${note}\n\n${lines.join('\n')}\n`;
}

function write(path: string, content: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}
