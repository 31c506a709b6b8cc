import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { collect, largestSeed, wholeNumber } from './options.ts';

export interface DataGetOptions {
  readonly dir: string;
  readonly endpoint?: string;
  readonly file?: string[];
}

export interface DataMakeOptions {
  readonly source?: string[];
  readonly lengths: string;
  readonly count: number;
  readonly seed: number;
  readonly tokenizer?: string;
  readonly dir: string;
}

/** `memtrain data`: files of benchmarks. */
export function addDataCommands(program: Command, context: CommandContext): void {
  const data = program.command('data').description('list, download, make and check the data of benchmarks').helpCommand(false);
  data
    .command('list')
    .description('benchmarks, and what can be downloaded')
    .action(async () => (await import('./run-data.ts')).runDataList(context));
  data
    .command('get')
    .description('download a data set from the Hugging Face Hub (huggingface.co/datasets/OWNER/NAME/resolve/REVISION/FILE)')
    .argument('<name>', 'its name in memtrain data list')
    .option('--dir <folder>', 'where to put it', 'data')
    .option('--endpoint <url>', 'a mirror of the Hub (default: the variable HF_ENDPOINT, or else https://huggingface.co)')
    .option('--file <name>', 'only this file; may be given several times', collect)
    .action(async (name: string, options: DataGetOptions) => (await import('./run-data.ts')).runDataGet({ ...options, name }, context));
  data
    .command('make')
    .description('make data of a benchmark’s format: synthetic-ruler-hqa, or a task of RULER, at any length')
    .argument('<name>', 'synthetic-ruler-hqa, niah_single_1, ..., vt, cwe, fwe, qa_1, qa_2')
    .option('--source <file>', 'questions and passages: HotpotQA, SQuAD, {title, text}; may be given several times', collect)
    .option('--lengths <list>', 'tokens, with commas between them, e.g. 7k,896k,3.5M', '7k')
    .option('--count <number>', 'questions of each length', wholeNumber(1, 1_000_000), 128)
    .option('--seed <number>', 'seed of questions and places', wholeNumber(0, largestSeed), 0)
    .option('--tokenizer <folder>', 'counts the tokens; without it four characters are one')
    .option('--dir <folder>', 'where to put it', 'data')
    .action(async (name: string, options: DataMakeOptions) => (await import('./run-data.ts')).runDataMake({ ...options, name }, context));
  data
    .command('check')
    .description('check a file against the format of a benchmark')
    .argument('<name>', 'the benchmark; own for questions of your own')
    .argument('<file>', 'the file')
    .action(async (name: string, file: string) => (await import('./run-data.ts')).runDataCheck({ name, file }, context));
}
