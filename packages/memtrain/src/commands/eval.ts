import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { MemtrainError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { collect, largestSeed, wholeNumber } from './options.ts';

export interface EvalCommandOptions {
  readonly model: string;
  readonly documents?: string;
  readonly world?: number;
  readonly chunks: number[];
  readonly count: number;
  readonly seed: number;
  readonly set?: string[];
  readonly out?: string;
}

/** `memtrain eval`: accuracy of a model on masked documents, or on the synthetic world by length. */
export function addEvalCommand(program: Command, context: CommandContext): void {
  program
    .command('eval')
    .description('measure how often a model names the masked entity')
    .requiredOption('--model <folder>', 'folder of a training run, or of a saved model')
    .option('--documents <file>', 'documents.jsonl made by corpus build')
    .option('--world <seed>', 'synthetic world instead of documents', wholeNumber(0, largestSeed))
    .option('--chunks <list>', 'lengths of world documents', lengths, [2, 4, 8, 16, 32])
    .option('--count <number>', 'most documents (of each length and kind)', wholeNumber(1, 1_000_000), 100)
    .option('--seed <number>', 'seed of documents and sampling', wholeNumber(0, largestSeed), 999)
    .option('--set <agent.key=value>', 'override how the agent reads', collect)
    .option('--out <file>', 'also write the outcomes as JSON')
    .action(async (options: EvalCommandOptions) => {
      if ((options.documents === undefined) === (options.world === undefined)) {
        throw new MemtrainError('usage', 'eval needs either --documents or --world: give one of them');
      }
      const { runEvalCommand } = await import('./run-eval.ts');
      await runEvalCommand(options, context);
    });
}

function lengths(text: string): number[] {
  const values = text.split(',').map(Number);
  if (!values.every((value) => Number.isInteger(value) && value >= 1 && value <= 1024)) {
    throw new InvalidArgumentError('Give whole numbers from 1 to 1024 with commas between them.');
  }
  return values;
}
