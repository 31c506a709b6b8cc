import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { MemtrainError } from '../errors.ts';
import { addCompareCommand } from './compare.ts';
import type { CommandContext } from './context.ts';
import { addDataCommands } from './data.ts';
import type { EvalBenchmarkOptions } from './eval-benchmark-options.ts';
import { addBenchmarkOptions } from './eval-benchmark-options.ts';
import { collect, largestSeed, wholeNumber } from './options.ts';

export interface EvalCommandOptions extends EvalBenchmarkOptions {
  readonly model: string;
  readonly adapter?: string;
  readonly documents?: string;
  readonly world?: number;
  readonly benchmark?: string;
  readonly chunks: number[];
  readonly count?: number;
  readonly seed: number;
  readonly set?: string[];
  readonly out?: string;
}

/** `memtrain eval`: accuracy of a model on a benchmark, on masked documents, or on the synthetic world by length; and its companions. */
export function addEvalCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('eval')
    .description('measure a model on a benchmark, on masked documents or on the synthetic world')
    .requiredOption('--model <folder>', 'folder of a training run or of a saved model; with --base-url the name of a model there')
    .option('--adapter <folder>', "adapters in PEFT's format for that model")
    .option('--documents <file>', 'documents.jsonl made by corpus build')
    .option('--world <seed>', 'synthetic world instead of documents', wholeNumber(0, largestSeed))
    .addOption(new Option('--benchmark <name>', 'benchmark whose files --data names (memtrain data list)'))
    .option('--chunks <list>', 'lengths of world documents', lengths, [2, 4, 8, 16, 32])
    .option(
      '--count <number>',
      'most documents or questions (of each length and kind; default 100, of a benchmark all)',
      wholeNumber(1, 1_000_000),
    )
    .option('--seed <number>', 'seed of documents and sampling', wholeNumber(0, largestSeed), 999)
    .option('--set <agent.key=value>', 'override how the agent reads documents', collect)
    .option('--out <path>', 'also write the outcomes as JSON; of a benchmark a folder, in which a stopped run is taken up again');
  addBenchmarkOptions(command).action(async (options: EvalCommandOptions) => {
    const given = [options.documents, options.world, options.benchmark].filter((one) => one !== undefined);
    if (given.length !== 1) throw new MemtrainError('usage', 'eval needs either --documents, --world or --benchmark: give one of them');
    if (options.adapter !== undefined && options.baseUrl !== undefined) {
      throw new MemtrainError('usage', '--adapter goes with a model folder, not with --base-url: leave one of them out');
    }
    if (options.benchmark !== undefined) {
      const { runEvalBenchmark } = await import('./run-eval-benchmark.ts');
      await runEvalBenchmark({ ...options, benchmark: options.benchmark }, context);
      return;
    }
    if (options.baseUrl !== undefined) throw new MemtrainError('usage', '--base-url goes with --benchmark: give a model folder');
    const { runEvalCommand } = await import('./run-eval.ts');
    await runEvalCommand({ ...options, count: options.count ?? 100 }, context);
  });
  addCompareCommand(program, context);
  addDataCommands(program, context);
}

function lengths(text: string): number[] {
  const values = text.split(',').map(Number);
  if (!values.every((value) => Number.isInteger(value) && value >= 1 && value <= 1024)) {
    throw new InvalidArgumentError('Give whole numbers from 1 to 1024 with commas between them.');
  }
  return values;
}
