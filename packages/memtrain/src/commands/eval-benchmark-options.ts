import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { collect, wholeNumber } from './options.ts';

/** Options of `memtrain eval --benchmark`. */
export interface EvalBenchmarkOptions {
  readonly data?: string[];
  readonly hotpotDocuments?: string;
  readonly objectives: number;
  readonly agent: 'memory' | 'one-window' | 'search';
  readonly controls?: ControlName[];
  readonly baseUrl?: string;
  readonly apiKeyEnv?: string;
  readonly server: 'openai' | 'vllm' | 'sglang' | 'llama.cpp' | 'ollama' | 'memtrain';
  readonly tokenizer?: string;
  readonly revision?: string;
  readonly samples: number;
  readonly temperature: number;
  readonly topP: number;
  readonly concurrency: number;
  readonly chunkTokens: number;
  readonly memoryTokens: number;
  readonly answerTokens: number;
  readonly inputTokens: number;
  readonly windowTokens: number;
  readonly answer: 'boxed' | 'the-answer-is' | 'reply';
  readonly retriever?: string;
  readonly corpus?: string;
  readonly topK: number;
  readonly turns: number;
  readonly searchTemplate: 'state' | 'mem1';
  readonly verifier?: string;
  readonly price?: { readonly prompt: number; readonly completion: number };
  readonly yes?: true;
}

export type ControlName = 'closed-book' | 'empty-memory' | 'truncated' | 'oracle';

const controlNames: readonly ControlName[] = ['closed-book', 'empty-memory', 'truncated', 'oracle'];

/** Adds them to the command. */
export function addBenchmarkOptions(command: Command): Command {
  const tokens = wholeNumber(1, 10_000_000);
  const group = 'Options of --benchmark:';
  const add = (option: Option): Command => command.addOption(option.helpGroup(group));
  add(new Option('--data <file>', 'file of the benchmark; may be given several times').argParser(collect));
  add(
    new Option('--hotpot-documents <file>', 'hotpot_dev_distractor_v1.json: documents of the longest RULER-HotpotQA files, and evidence'),
  );
  add(new Option('--objectives <number>', 'questions asked at once').argParser(wholeNumber(1, 64)).default(1));
  add(new Option('--agent <kind>', 'who answers').choices(['memory', 'one-window', 'search']).default('memory'));
  add(new Option('--controls <list>', `also ${controlNames.join(', ')}; or all`).argParser(controls));
  add(new Option('--base-url <url>', 'OpenAI-compatible endpoint, e.g. http://127.0.0.1:8000/v1'));
  add(new Option('--api-key-env <variable>', 'environment variable that holds the key of the endpoint'));
  add(
    new Option('--server <kind>', 'software behind the endpoint')
      .choices(['openai', 'vllm', 'sglang', 'llama.cpp', 'ollama', 'memtrain'])
      .default('openai'),
  );
  add(new Option('--tokenizer <folder>', 'tokenizer of the model at the endpoint; without it tokens are estimated'));
  add(new Option('--revision <text>', 'revision of the model, for the results (default: hash of its weights, of a folder)'));
  add(new Option('--samples <number>', 'answers to each question').argParser(wholeNumber(1, 1000)).default(1));
  add(new Option('--temperature <number>', 'of sampling; 0 takes the likeliest token').argParser(range(0, 100)).default(0.7));
  add(new Option('--top-p <number>', 'of sampling').argParser(range(0, 1)).default(0.95));
  add(new Option('--concurrency <number>', 'most calls in flight').argParser(wholeNumber(1, 100_000)).default(64));
  add(new Option('--chunk-tokens <number>', 'tokens of a chunk').argParser(tokens).default(5000));
  add(new Option('--memory-tokens <number>', 'most tokens of a memory').argParser(tokens).default(1024));
  add(new Option('--answer-tokens <number>', 'most tokens of an answer, or of a turn of a search').argParser(tokens).default(1024));
  add(new Option('--input-tokens <number>', 'one window: most tokens of the text').argParser(tokens).default(120_000));
  add(new Option('--window-tokens <number>', 'tokens of the control "truncated"').argParser(tokens).default(8192));
  add(new Option('--answer <place>', 'where the answer stands in a reply').choices(['boxed', 'the-answer-is', 'reply']).default('boxed'));
  add(new Option('--retriever <url>', 'server of POST /retrieve, for --agent search'));
  add(new Option('--corpus <text>', 'what the retriever searches, for the results (default: what its /health says)'));
  add(new Option('--top-k <number>', 'passages of a search').argParser(wholeNumber(1, 1000)).default(3));
  add(new Option('--turns <number>', 'most turns of a search').argParser(wholeNumber(1, 1000)).default(6));
  add(new Option('--search-template <name>', 'prompts of a search').choices(['state', 'mem1']).default('state'));
  add(new Option('--verifier <metric>', "metric of the headline (default: the benchmark's own)"));
  add(new Option('--price <in,out>', 'price of a million prompt and completion tokens').argParser(price));
  return add(new Option('--yes', 'start without asking'));
}

function range(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= low && value <= high)) throw new InvalidArgumentError(`Give a number from ${low} to ${high}.`);
    return value;
  };
}

function controls(text: string): ControlName[] {
  if (text === 'all') return [...controlNames];
  const names = text.split(',');
  const unknown = names.find((name) => !controlNames.some((known) => known === name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no control "${unknown}": give some of ${controlNames.join(', ')}, or all.`);
  return names as ControlName[];
}

function price(text: string): { prompt: number; completion: number } {
  const [prompt, completion, ...more] = text.split(',').map(Number);
  if (!(prompt! >= 0) || !(completion! >= 0) || more.length > 0)
    throw new InvalidArgumentError('Give two numbers with a comma between them.');
  return { prompt: prompt!, completion: completion! };
}
