import { Option } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';

/** `memtrain corpus export`: documents for other trainers. */
export function addCorpusExportCommand(corpus: Command, context: CommandContext): void {
  corpus
    .command('export')
    .description('write documents for another trainer')
    .argument('<documents>', 'documents.jsonl, or its folder')
    .addOption(
      new Option('--format <name>', 'verl (parquet, also for MemAgent), trl or plain (JSON Lines)')
        .choices(['verl', 'trl', 'plain'])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <file>', 'file to write')
    .option('--data-source <name>', 'what data_source says, for verl', 'memtrain')
    .option('--split <name>', 'what extra_info.split says, for verl', 'train')
    .action(async (documents: string, options: { format: 'verl' | 'trl' | 'plain'; out: string; dataSource: string; split: string }) => {
      const { exportDocuments } = await import('@memtrain/corpus');
      const task = context.progress.task('exporting documents', undefined);
      const count = await exportDocuments(documents, { ...options, onProgress: (done) => task.update(done) }).finally(() => task.finish());
      context.print(`${count} documents written: ${options.out}`);
    });
}
