import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { executorMeaning, wholeNumber } from './options.ts';

export interface ServeModelCommandOptions {
  readonly model: string;
  readonly adapter?: string;
  readonly executor?: string;
  readonly host: string;
  readonly port: number;
  readonly name?: string;
}

/** `memtrain serve-model`: a saved model behind an OpenAI-compatible API. */
export function addServeModelCommand(program: Command, context: CommandContext): void {
  program
    .command('serve-model')
    .description('serve a saved model under an OpenAI-compatible /v1')
    .requiredOption('--model <folder>', 'folder of a training run, or of a saved model')
    .option('--adapter <folder>', "adapters in PEFT's format for that model")
    .option('--executor <name>', executorMeaning)
    .option('--host <address>', 'address to listen on; there is no authentication', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 is any free one', wholeNumber(0, 65_535), 8000)
    .option('--name <name>', 'name of the model for clients (default: the last part of its folder)')
    .action(async (options: ServeModelCommandOptions) => {
      const { runServeModel } = await import('./run-serve-model.ts');
      await runServeModel(options, context);
    });
}
