import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { collect } from './options.ts';

export interface TrainCommandOptions {
  readonly documents: string;
  readonly out: string;
  readonly config?: string;
  readonly preset?: string;
  readonly dryRun?: boolean;
  readonly trackio?: string;
  readonly set?: string[];
  readonly resume?: boolean;
  readonly allowChanges?: boolean;
}

/** `memtrain train`: joint updates (E and I) on masked documents. */
export function addTrainCommand(program: Command, context: CommandContext): void {
  program
    .command('train')
    .description('train a model on masked documents')
    .requiredOption('--documents <file>', 'documents.jsonl made by corpus build')
    .requiredOption('--out <folder>', 'run folder')
    .option('--preset <name>', 'start from a published recipe, e.g. memtrain (docs/presets.md)')
    .option('--config <file>', 'configuration (JSON), laid over the preset')
    .option('--set <key.path=value>', 'override a setting; may be given several times', collect)
    .option('--dry-run', 'print the resolved configuration and what an update would cost, and train nothing')
    .option('--trackio <url>', 'send the curves to a trackio server too (token in TRACKIO_WRITE_TOKEN)')
    .option('--resume', 'go on with the run that the folder holds')
    .option('--allow-changes', 'with --resume: go on although settings differ, those of the model excepted')
    .action(async (options: TrainCommandOptions) => {
      // Loaded when needed: the engine takes seconds to load, and help should not.
      const { runTrainCommand } = await import('./run-train.ts');
      await runTrainCommand(options, context);
    });
}
