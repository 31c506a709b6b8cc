import { Option } from 'commander';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { wholeNumber } from './options.ts';

export interface CorpusProbeOptions {
  readonly baseUrl?: string;
  readonly model: string;
  readonly adapter?: string;
  readonly apiKeyEnv?: string;
  readonly server: 'openai' | 'vllm' | 'sglang' | 'llama.cpp' | 'ollama' | 'memtrain';
  readonly answerTokens: number;
  readonly concurrency: number;
  readonly out?: string;
  readonly dropTo?: string;
}

/** `memtrain corpus probe`: which answers a model knows without reading. */
export function addCorpusProbeCommand(corpus: Command, context: CommandContext): void {
  corpus
    .command('probe')
    .description('ask a model the questions without the documents, and leave out what it knows')
    .argument('<documents>', 'documents.jsonl')
    .requiredOption('--model <folder>', 'folder of a training run or of a saved model; with --base-url the name of a model there')
    .option('--adapter <folder>', "adapters in PEFT's format for that model")
    .option('--base-url <url>', 'OpenAI-compatible endpoint, e.g. http://127.0.0.1:8000/v1')
    .option('--api-key-env <variable>', 'environment variable that holds the key of the endpoint')
    .addOption(
      new Option('--server <kind>', 'software behind the endpoint')
        .choices(['openai', 'vllm', 'sglang', 'llama.cpp', 'ollama', 'memtrain'])
        .default('openai'),
    )
    .option('--answer-tokens <number>', 'most tokens of an answer', wholeNumber(1, 100_000), 256)
    .option('--concurrency <number>', 'documents asked about at a time', wholeNumber(1, 1024), 8)
    .option('--out <file>', 'also write the result as JSON')
    .option('--drop-to <file>', 'write the documents that the model cannot solve so')
    .action(async (documents: string, options: CorpusProbeOptions) => {
      const { runCorpusProbe } = await import('./run-corpus-probe.ts');
      await runCorpusProbe(documents, options, context);
    });
}
