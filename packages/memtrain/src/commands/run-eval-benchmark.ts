import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { costTable, estimateCost, evaluate, metricNames, openBenchmark, resultTables } from '@memtrain/benchmarks';
import type { EvaluationResult, MetricName } from '@memtrain/benchmarks';
import { writeFileDurably } from '@memtrain/durable-files';
import { MemtrainError } from '../errors.ts';
import { benchmarkAgents } from '../evaluation/benchmark-agents.ts';
import { openEvaluatedModel } from '../evaluation/evaluated-model.ts';
import { writeJson } from '../run/write-json.ts';
import type { CommandContext } from './context.ts';
import type { EvalCommandOptions } from './eval.ts';

export type RunEvalBenchmarkOptions = EvalCommandOptions & { readonly benchmark: string };

/** Does what `memtrain eval --benchmark` was asked for: says what it will cost, asks, runs, prints the tables and writes them. */
export async function runEvalBenchmark(options: RunEvalBenchmarkOptions, context: CommandContext): Promise<void> {
  const { out, samples, price, seed, temperature, topP, concurrency } = options;
  const verifier = verifierOf(options.verifier);
  if (!options.data) throw new MemtrainError('usage', `--benchmark ${options.benchmark} needs its file: give --data (memtrain data list)`);
  const benchmark = await openBenchmark(options.benchmark, {
    files: options.data,
    objectives: options.objectives,
    ...(options.hotpotDocuments === undefined ? {} : { documents: options.hotpotDocuments }),
    ...(options.count === undefined ? {} : { count: options.count }),
  });
  const { model, identity, chat, local, dispose } = await openEvaluatedModel(options);
  try {
    const { agent, controls } = await benchmarkAgents(options, { chat });
    const { tokenizer } = model;
    const estimates = await estimateCost(benchmark, {
      arms: [agent, ...controls],
      samples,
      ...(tokenizer ? { tokenizer } : {}),
      ...(price ? { price } : {}),
    });
    for (const line of costTable(estimates)) context.print(line);
    if (!options.yes) await confirm(context.signal);
    const task = context.progress.task(benchmark.name, undefined);
    const result = await evaluate(model, benchmark, {
      agent,
      controls,
      model: identity,
      samples,
      temperature,
      topP,
      seed,
      concurrency,
      mode: local ? 'wave' : 'continuous',
      signal: context.signal,
      onProgress: (done, total) => task.update(done, '', total),
      ...(verifier ? { verifier } : {}),
      ...(price ? { price } : {}),
      ...(out === undefined ? {} : { file: join(out, 'answers.jsonl') }),
    })
      .catch((error: unknown) => {
        if (!context.signal.aborted || out === undefined) throw error;
        throw new MemtrainError('interrupted', `stopped: the same command goes on with the answers in ${out}`, { cause: error });
      })
      .finally(() => task.finish());
    const lines = resultTables(result);
    context.print('');
    for (const line of lines) context.print(line);
    if (out !== undefined) await writeResult(out, result, lines);
  } finally {
    await dispose();
  }
}

async function writeResult(folder: string, result: EvaluationResult, lines: readonly string[]): Promise<void> {
  await writeJson(join(folder, 'result.json'), result);
  await writeFileDurably(join(folder, 'report.md'), `${lines.join('\n')}\n`);
}

async function confirm(signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new MemtrainError('usage', 'eval --benchmark asks before it starts, and there is nobody to ask: add --yes');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const said = await terminal.question('Start? [y/N] ', { signal });
    if (!/^y(es)?$/i.test(said.trim())) throw new MemtrainError('interrupted', 'not started');
  } finally {
    terminal.close();
  }
}

function verifierOf(name: string | undefined): MetricName | undefined {
  if (name === undefined) return undefined;
  const found = metricNames.find((known) => known === name);
  if (found) return found;
  throw new MemtrainError('usage', `there is no metric "${name}": give one of ${metricNames.join(', ')}`);
}
