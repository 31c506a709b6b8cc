import { Option } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { wholeNumber } from './options.ts';
import type { RetrieverKind } from './serve-retriever-search.ts';

export interface ServeRetrieverCommandOptions {
  readonly corpus?: string;
  readonly index?: string;
  readonly kind: RetrieverKind;
  readonly host: string;
  readonly port: number;
  readonly topk: number;
  readonly k1: number;
  readonly b: number;
  readonly embeddings?: string;
  readonly embeddingsModel?: string;
  readonly embeddingsKeyEnv?: string;
  readonly queryPrefix: string;
  readonly passagePrefix: string;
}

/** `memtrain serve-retriever`: a corpus behind Search-R1's `/retrieve` and MemSearcher's `/search`. */
export function addServeRetrieverCommand(program: Command, context: CommandContext): void {
  program
    .command('serve-retriever')
    .description("serve a corpus under Search-R1's /retrieve and MemSearcher's /search")
    .option('--corpus <file>', 'JSON lines of {"id", "contents"} or {"id", "title", "text"}; indexed first, or what is missing of it')
    .option('--index <folder>', 'folder of the index (default: FILE.index beside the corpus)')
    .addOption(new Option('--kind <kind>', 'how passages are ranked').choices(['bm25', 'dense', 'hybrid']).default('bm25'))
    .option('--host <address>', 'address to listen on; there is no authentication', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 is any free one', wholeNumber(0, 65_535), 8000)
    .option('--topk <number>', 'passages of a query that says no number', wholeNumber(1, 1000), 3)
    .option('--k1 <number>', 'saturation of term frequency in BM25', Number, 1.2)
    .option('--b <number>', 'weight of the length normalisation in BM25', Number, 0.75)
    .option('--embeddings <place>', 'folder of an ONNX sentence-embedding model, or address of an /embeddings server up to /v1')
    .option('--embeddings-model <name>', "the model's name at that server")
    .option('--embeddings-key-env <variable>', 'environment variable that holds the key for that server')
    .option('--query-prefix <text>', 'stands before each query that is embedded, e.g. "query: "', '')
    .option('--passage-prefix <text>', 'stands before each passage that is embedded, e.g. "passage: "', '')
    .action(async (options: ServeRetrieverCommandOptions) => {
      const { runServeRetriever } = await import('./run-serve-retriever.ts');
      await runServeRetriever(options, context);
    });
}
