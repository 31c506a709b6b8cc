import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { executorMeaning, largestSeed, wholeNumber } from './options.ts';

export interface GenerateCommandOptions {
  readonly model: string;
  readonly adapter?: string;
  readonly executor?: string;
  readonly in: string;
  readonly out: string;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

/** `memtrain generate`: completions of prompts. */
export function addGenerateCommand(program: Command, context: CommandContext): void {
  program
    .command('generate')
    .description('write a completion of every prompt')
    .requiredOption('--model <folder>', 'folder of a training run, or of a saved model')
    .option('--adapter <folder>', "adapters in PEFT's format for that model")
    .option('--executor <name>', executorMeaning)
    .requiredOption('--in <file>', 'JSON lines with "tokens", "text" or "messages"')
    .requiredOption('--out <file>', 'JSON lines with "tokens", "text", "logprobs" and "finish", in the order of the prompts')
    .option('--max-new-tokens <number>', 'most tokens of a completion', wholeNumber(1, 10_000_000), 128)
    .option('--temperature <number>', 'of sampling; 0 takes the likeliest token', temperature, 1)
    .option('--seed <number>', 'seed of sampling', wholeNumber(0, largestSeed), 0)
    .action(async (options: GenerateCommandOptions) => {
      const { runGenerate } = await import('./run-generate.ts');
      await runGenerate(options, context);
    });
}

function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100)) throw new InvalidArgumentError('Give a number from 0 to 100.');
  return value;
}
