import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { collect, wholeNumber } from './options.ts';

export interface TrainCommandOptions {
  readonly documents?: string;
  readonly questions?: string;
  readonly format: string;
  readonly objectives: number;
  readonly retriever?: string;
  readonly out: string;
  readonly config?: string;
  readonly preset?: string;
  readonly dryRun?: boolean;
  readonly trackio?: string;
  readonly set?: string[];
  readonly resume?: boolean;
  readonly allowChanges?: boolean;
}

/** `memtrain train`: joint updates (E and I) on masked documents, or updates on questions (QA) or on a task of your own. */
export function addTrainCommand(program: Command, context: CommandContext): void {
  program
    .command('train')
    .description('train a model on masked documents, on questions, or on a task of your own')
    .option('--documents <file>', 'documents.jsonl made by corpus build')
    .option('--questions <file>', 'questions with their answers, in the place of documents: about texts, or to search for')
    .option('--format <name>', 'benchmark whose format the questions have (memtrain data list)', 'own')
    .option('--objectives <number>', 'consecutive questions composed into one, as MEM1 does', wholeNumber(1, 1000), 1)
    .option('--retriever <place>', 'what is searched: folder of an index, or address of a /retrieve server')
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
