import type { Command } from 'commander';
import { addCorpusBuildCommand } from './corpus-build.ts';
import { addCorpusCheckCommand } from './corpus-check.ts';
import { addCorpusExportCommand } from './corpus-export.ts';
import { addCorpusProbeCommand } from './corpus-probe.ts';
import type { CommandContext } from './context.ts';

/** `memtrain corpus`: masked documents from unlabeled text. */
export function addCorpusCommands(program: Command, context: CommandContext): void {
  const corpus = program.command('corpus').description('make, check, export and probe masked documents').helpCommand(false);
  addCorpusBuildCommand(corpus, context);
  addCorpusCheckCommand(corpus, context);
  addCorpusExportCommand(corpus, context);
  addCorpusProbeCommand(corpus, context);
}
