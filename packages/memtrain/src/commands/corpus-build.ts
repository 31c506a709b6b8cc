import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { largestSeed, wholeNumber } from './options.ts';

export interface CorpusBuildOptions {
  readonly dump: string;
  readonly out: string;
  readonly documents: number;
  readonly related: number;
  readonly random: number;
  readonly seed: number;
  readonly tokenizer?: string;
}

/** `memtrain corpus build`: a MediaWiki dump to masked documents. */
export function addCorpusBuildCommand(corpus: Command, context: CommandContext): void {
  corpus
    .command('build')
    .description('turn a MediaWiki dump into masked documents')
    .requiredOption('--dump <file>', 'MediaWiki dump, .xml or .xml.bz2')
    .requiredOption('--out <folder>', 'folder for documents.jsonl and manifest.json')
    .option('--documents <number>', 'documents to make', wholeNumber(1, 10_000_000), 100)
    .option('--related <number>', 'passages most related to the pivot', wholeNumber(0, 10_000), 29)
    .option('--random <number>', 'passages drawn at random', wholeNumber(0, 10_000), 120)
    .option('--seed <number>', 'seed of everything random', wholeNumber(0, largestSeed), 0)
    .option('--tokenizer <folder>', 'model folder whose tokenizer counts tokens; without one they are estimated')
    .action(async (options: CorpusBuildOptions) => {
      const { runCorpusBuild } = await import('./run-corpus-build.ts');
      await runCorpusBuild(options, context);
    });
}
