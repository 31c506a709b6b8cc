import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { MemtrainError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { largestSeed, wholeNumber } from './options.ts';

export interface ReadCommandOptions {
  readonly file: string;
  readonly question: string;
  readonly baseUrl?: string;
  readonly model?: string;
  readonly apiKeyEnv?: string;
  readonly server: 'openai' | 'vllm' | 'sglang' | 'llama.cpp' | 'ollama' | 'memtrain';
  readonly tokenizer?: string;
  readonly modelFolder?: string;
  readonly adapter?: string;
  readonly chunkTokens: number;
  readonly memoryTokens: number;
  readonly answerTokens: number;
  readonly contextTokens?: number;
  readonly truncateTo?: number;
  readonly layout: 'memory-first' | 'chunk-first';
  readonly template?: string;
  readonly temperature: number;
  readonly seed: number;
  readonly json?: true;
  readonly resume?: string;
}

/** `memtrain read`: an answer from a text of any length, in constant context. */
export function addReadCommand(program: Command, context: CommandContext): void {
  const tokens = wholeNumber(1, 10_000_000);
  program
    .command('read')
    .description('read a text of any length with a bounded memory, and answer a question about it')
    .requiredOption('--file <file>', 'text to read (UTF-8), or - for standard input')
    .requiredOption('--question <text>', 'what to find out')
    .option('--base-url <url>', 'OpenAI-compatible endpoint, e.g. http://127.0.0.1:8000/v1')
    .option('--model <name>', 'name of the model at the endpoint')
    .option('--api-key-env <variable>', 'environment variable that holds the key of the endpoint')
    .addOption(
      new Option('--server <kind>', 'software behind the endpoint')
        .choices(['openai', 'vllm', 'sglang', 'llama.cpp', 'ollama', 'memtrain'])
        .default('openai'),
    )
    .option('--tokenizer <folder>', 'tokenizer of the model at the endpoint; without it tokens are estimated from words')
    .option('--model-folder <folder>', 'folder of a training run or a saved model, run here instead of an endpoint')
    .option('--adapter <folder>', "adapters in PEFT's format for the model of --model-folder")
    .option('--chunk-tokens <number>', 'tokens of a chunk', tokens, 5000)
    .option('--memory-tokens <number>', 'most tokens of a memory', tokens, 1024)
    .option('--answer-tokens <number>', 'most tokens of the answer', tokens, 1024)
    .option('--context-tokens <number>', "the model's context; what cannot fit is refused at the start", tokens)
    .option('--truncate-to <number>', 'of a longer text leave out the middle, down to this many tokens', tokens)
    .addOption(new Option('--layout <order>', 'order in the prompt').choices(['memory-first', 'chunk-first']).default('memory-first'))
    .option('--template <file>', 'prompts of your own: JSON with "name", "update", "answer"')
    .option('--temperature <number>', 'of sampling; 0 takes the likeliest token', temperature, 0.7)
    .option('--seed <number>', 'seed of sampling', wholeNumber(0, largestSeed), 0)
    .option('--json', 'print every chunk, memory and the answer as JSON lines')
    .option('--resume <file>', 'go on after the last memory of what an earlier run printed with --json')
    .action(async (options: ReadCommandOptions) => {
      const endpoint = options.baseUrl !== undefined || options.model !== undefined;
      if (endpoint === (options.modelFolder !== undefined) || (endpoint && options.model === undefined)) {
        throw new MemtrainError('usage', 'read needs a model: give --base-url and --model, or --model-folder');
      }
      if (endpoint && options.adapter !== undefined) {
        throw new MemtrainError('usage', '--adapter goes with --model-folder, not with a model at an endpoint: leave one of them out');
      }
      const { runReadCommand } = await import('./run-read.ts');
      await runReadCommand(options, context);
    });
}

function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100)) throw new InvalidArgumentError('Give a number from 0 to 100.');
  return value;
}
