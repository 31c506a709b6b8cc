import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { executorMeaning } from './options.ts';

export interface ScoreCommandOptions {
  readonly model: string;
  readonly adapter?: string;
  readonly executor?: string;
  readonly in: string;
  readonly out: string;
}

/** `memtrain score`: log-probabilities that a model gives to texts. */
export function addScoreCommand(program: Command, context: CommandContext): void {
  program
    .command('score')
    .description('write the log-probability of every token of given texts')
    .requiredOption('--model <folder>', 'folder of a training run, or of a saved model')
    .option('--adapter <folder>', "adapters in PEFT's format for that model")
    .option('--executor <name>', executorMeaning)
    .requiredOption('--in <file>', 'JSON lines with "tokens", or "text" (encoded alone, without a token for its beginning)')
    .requiredOption('--out <file>', 'JSON lines with "logprobs", one number for each token after the first')
    .action(async (options: ScoreCommandOptions) => {
      const { runScore } = await import('./run-score.ts');
      await runScore(options, context);
    });
}
