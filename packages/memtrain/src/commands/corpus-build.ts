import type { EntityChoice } from '@memtrain/corpus';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { collect, largestSeed, wholeNumber } from './options.ts';

export interface CorpusBuildOptions {
  readonly dump?: string[];
  readonly jsonl?: string[];
  readonly parquet?: string[];
  readonly arrow?: string[];
  readonly folder?: string[];
  readonly field?: Readonly<Record<string, string>>;
  readonly out: string;
  readonly documents: number;
  readonly preset: 'memtrain' | 'tiny';
  readonly related?: number;
  readonly random?: number;
  readonly maxPassages?: number;
  readonly maxRejectedShare?: number;
  readonly embeddingsKeyEnv?: string;
  readonly seed: number;
  readonly workers: number;
  readonly licence?: string;
  readonly tokenizer?: string;
  readonly retrieve?: string;
  readonly embeddings?: string;
  readonly embeddingsModel?: string;
  readonly hybrid?: boolean;
  readonly lance?: string;
  readonly entities: EntityChoice;
  readonly texts?: string;
}

/** `memtrain corpus build`: any text to masked documents. */
export function addCorpusBuildCommand(corpus: Command, context: CommandContext): void {
  corpus
    .command('build')
    .description('turn dumps, datasets or folders of text into masked documents; run again after an interruption, it goes on')
    .option('--dump <file>', 'MediaWiki dump: .xml, also .bz2, .gz or .zst; - reads standard input (repeatable)', collect)
    .option('--jsonl <file>', 'JSON Lines, also compressed; - reads standard input (repeatable)', collect)
    .option('--parquet <file>', 'parquet file (repeatable)', collect)
    .option('--arrow <path>', "Arrow file, or a folder that Hugging Face's save_to_disk wrote (repeatable)", collect)
    .option('--folder <folder>', 'folder of .txt, .md and .html files, or of a dataset (repeatable)', collect)
    .option('--field <name=field>', 'field that holds the id, title, text, revision or licence of a record (repeatable)', collectField)
    .requiredOption('--out <folder>', 'folder for documents.jsonl and manifest.json')
    .option('--documents <number>', 'documents to make', wholeNumber(1, 10_000_000), 100)
    .addOption(
      new Option('--preset <name>', "the paper's recipe, or small documents for trying out")
        .choices(['memtrain', 'tiny'])
        .default('memtrain'),
    )
    .option('--related <number>', 'passages most related to the pivot (default: as the preset)', wholeNumber(0, 10_000))
    .option('--random <number>', 'passages drawn at random (default: as the preset)', wholeNumber(0, 10_000))
    .option('--max-passages <number>', 'stop reading at this many passages', wholeNumber(1, 1_000_000_000))
    .option('--max-rejected-share <share>', 'share of records that may be unreadable (default: 0.01)', shareOf)
    .option('--seed <number>', 'seed of everything random', wholeNumber(0, largestSeed), 0)
    .option('--workers <number>', 'threads; the result does not depend on it', wholeNumber(1, 256), 1)
    .option('--licence <name>', 'licence of records that name none')
    .option('--tokenizer <path>', 'tokenizer.json or its model folder, to count tokens; without one they are estimated')
    .option('--retrieve <url>', 'find related passages with a /retrieve server over the same passages')
    .option(
      '--embeddings <url>',
      'find related passages by vectors: an OpenAI-compatible address (up to /v1), or a folder with an ONNX model',
    )
    .option('--embeddings-model <name>', 'name of the model at that address')
    .option('--embeddings-key-env <name>', 'environment variable that holds its key')
    .option('--hybrid', 'combine --retrieve or --embeddings with BM25')
    .option('--lance <folder>', 'keep what finds related passages in LanceDB tables there, not in memory (needs @lancedb/lancedb)')
    .option(
      '--entities <what>',
      'what finds entities: default, onnx:FOLDER (a model) or import:FILE (found by other software in the --texts file)',
      entitiesOf,
      'default',
    )
    .option('--texts <file>', 'write the texts of the passages, as JSON Lines, and stop: for software that finds entities')
    .action(async (options: CorpusBuildOptions) => {
      const { runCorpusBuild } = await import('./run-corpus-build.ts');
      await runCorpusBuild(options, context);
    });
}

function shareOf(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share <= 1)) throw new InvalidArgumentError('Give a number from 0 to 1.');
  return share;
}

function entitiesOf(text: string): EntityChoice {
  if (text === 'default') return text;
  const [, kind, path] = /^(onnx|import):(.+)$/s.exec(text) ?? [];
  if (kind === undefined || path === undefined) throw new InvalidArgumentError('Write default, onnx:FOLDER or import:FILE.');
  return kind === 'onnx' ? { onnx: path } : { import: path };
}

function collectField(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, field] = /^(id|title|text|revision|licence)=(.+)$/.exec(text) ?? [];
  if (name === undefined || field === undefined)
    throw new InvalidArgumentError('Write it as text=body, with one of id, title, text, revision, licence.');
  return { ...before, [name]: field };
}
