import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { MemtrainError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { largestSeed, wholeNumber } from './options.ts';

interface BackboneOptions {
  readonly out: string;
  readonly seed: number;
  readonly world: number;
}

/** `memtrain backbone`: makes the warm-started model that the miniature starts from. */
export function addBackboneCommand(program: Command, context: CommandContext): void {
  program
    .command('backbone')
    .description('make the warm-started model of the miniature from nothing')
    .requiredOption('--out <folder>', 'folder to be made')
    .option('--seed <number>', 'seed of weights and data', wholeNumber(0, largestSeed), 0)
    .option('--world <number>', 'seed of the world', wholeNumber(0, largestSeed), 0)
    .action(async ({ out, seed, world }: BackboneOptions) => {
      if (existsSync(out)) throw new MemtrainError('run-exists', `${out} exists: choose a new folder, or remove it`);
      const { makeBackbone } = await import('../miniature/make-backbone.ts');
      await makeBackbone({ folder: out, seed, worldSeed: world, progress: context.progress, signal: context.signal });
      context.print(`backbone of seed ${seed} in ${out}`);
    });
}
