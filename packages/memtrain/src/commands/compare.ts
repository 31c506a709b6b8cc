import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { largestSeed, wholeNumber } from './options.ts';

export interface CompareCommandOptions {
  readonly arm?: string;
  readonly against?: string;
  readonly seed: number;
  readonly json?: true;
}

/** `memtrain compare`: are two evaluations of the same questions different? */
export function addCompareCommand(program: Command, context: CommandContext): void {
  program
    .command('compare')
    .description('paired tests between two evaluations of the same questions')
    .argument('<before>', 'folder of memtrain eval --benchmark --out, or its result.json')
    .argument('<after>', 'the other one; the same one to compare its agents')
    .option('--arm <name>', 'only this agent or control')
    .option('--against <name>', 'compare it with this one of the second result')
    .option('--seed <number>', 'seed of the tests', wholeNumber(0, largestSeed), 0)
    .option('--json', 'print JSON')
    .action(async (before: string, after: string, options: CompareCommandOptions) => {
      const { runCompare } = await import('./run-compare.ts');
      await runCompare({ ...options, before, after }, context);
    });
}
