import type { Command } from 'commander';
import { miniatureScale, miniatureScales } from '../miniature/scales.ts';
import type { CommandContext } from './context.ts';
import { largestSeed, wholeNumber } from './options.ts';

interface ReproduceOptions {
  readonly scale: string;
  readonly out: string;
  readonly seed: number;
  readonly resume?: boolean;
}

/** `memtrain reproduce`: the paper's experiment in a synthetic miniature. */
export function addReproduceCommand(program: Command, context: CommandContext): void {
  program
    .command('reproduce')
    .description('run the experiment of the paper in miniature')
    .requiredOption('--scale <name>', `one of ${Object.keys(miniatureScales).join(', ')}`)
    .requiredOption('--out <folder>', 'run folder')
    .option('--seed <number>', 'seed of everything random', wholeNumber(0, largestSeed), 0)
    .option('--resume', 'go on with the run that the folder holds')
    .action(async (options: ReproduceOptions) => {
      const { reproduce } = await import('./run-reproduce.ts');
      await reproduce({ ...options, scale: miniatureScale(options.scale), resume: options.resume ?? false }, context);
    });
}
