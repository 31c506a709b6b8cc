import { Command, CommanderError } from 'commander';
import { addBackboneCommand } from './commands/backbone.ts';
import type { CommandContext } from './commands/context.ts';
import { addCorpusCommands } from './commands/corpus.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEvalCommand } from './commands/eval.ts';
import { addExportCommand } from './commands/export.ts';
import { addGenerateCommand } from './commands/generate.ts';
import { addGradeCommand } from './commands/grade.ts';
import { addReadCommand } from './commands/read.ts';
import { addReproduceCommand } from './commands/reproduce.ts';
import { addScoreCommand } from './commands/score.ts';
import { addServeModelCommand } from './commands/serve-model.ts';
import { addServeRetrieverCommand } from './commands/serve-retriever.ts';
import { addSetupCommands } from './commands/setup.ts';
import { addTrainCommand } from './commands/train.ts';
import { MemtrainError } from './errors.ts';
import { errorLine } from './error-line.ts';
import { createProgress } from './progress/progress.ts';
import { packageVersion } from './run/manifest.ts';

/**
 * Runs the command line with the arguments after `memtrain` and returns the exit code: 0, 1 for an error, 2 for wrong usage,
 * 130 after Ctrl-C. An error is one line on standard error (with its stack trace under `--verbose`). Never throws.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const onInterrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('memtrain: stopping after the current piece of work; press Ctrl-C again to stop at once\n');
    controller.abort(new MemtrainError('interrupted', 'stopped by Ctrl-C'));
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  const context: CommandContext = {
    signal: controller.signal,
    progress: createProgress(process.stderr),
    argv,
    print: (line) => void process.stdout.write(`${line}\n`),
    now: () => new Date(),
  };
  try {
    await createProgram(context).parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const aborted = controller.signal.aborted || (MemtrainError.isInstance(error) && error.code === 'interrupted');
    process.stderr.write(`${errorLine(error)}\n`);
    if (argv.includes('--verbose') && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`);
    if (aborted) return 130;
    return error instanceof CommanderError || (MemtrainError.isInstance(error) && error.code === 'usage') ? 2 : 1;
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}

function createProgram(context: CommandContext): Command {
  const program = new Command('memtrain')
    .description('Train the context memory of a language model from unlabeled text.')
    .version(packageVersion('@memtrain/memtrain'))
    .option('--verbose', 'print the stack trace of an error')
    .showSuggestionAfterError(true)
    .exitOverride()
    // Errors are printed once, by main, in one form.
    .configureOutput({ outputError: () => undefined, writeErr: () => undefined })
    .helpCommand(false);
  for (const add of [
    addCorpusCommands,
    addTrainCommand,
    addEvalCommand,
    addReadCommand,
    addScoreCommand,
    addGenerateCommand,
    addExportCommand,
    addGradeCommand,
    addReproduceCommand,
    addBackboneCommand,
    addServeModelCommand,
    addServeRetrieverCommand,
    addSetupCommands,
    addDoctorCommand,
  ]) {
    add(program, context);
  }
  inheritSettings(program);
  return program;
}

/** Subcommands made before a setting was chosen do not have it; every depth takes `--verbose` too. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    child.option('--verbose', 'print the stack trace of an error');
    inheritSettings(child);
  }
}
