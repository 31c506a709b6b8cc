import type { Command } from 'commander';
import { MemtrainError } from '../errors.ts';
import type { CommandContext } from './context.ts';

/** Problems printed of all that are found. */
const SHOWN = 20;

/** `memtrain corpus check`: are these documents sound? */
export function addCorpusCheckCommand(corpus: Command, context: CommandContext): void {
  corpus
    .command('check')
    .description('check masked documents against their manifest')
    .argument('<path>', 'documents.jsonl, or its folder')
    .action(async (path: string) => {
      const { checkDocuments } = await import('@memtrain/corpus');
      const { ok, documents, problems, problemCount } = await checkDocuments(path);
      if (ok) {
        context.print(`OK: ${documents} documents`);
        return;
      }
      for (const { file, line, field, message } of problems.slice(0, SHOWN)) {
        context.print(`${file}${line > 0 ? `, line ${line}` : ''}${field === '' ? '' : `, ${field}`}: ${message}`);
      }
      if (problemCount > SHOWN) context.print(`... and ${problemCount - SHOWN} more`);
      throw new MemtrainError('bad-file', `${problemCount} problems in ${path}: build the documents again`);
    });
}
