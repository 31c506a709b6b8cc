import type { Command } from 'commander';
import { MemtrainError } from '../errors.ts';
import { runChecks, systemChecks } from '../doctor/checks.ts';
import { executorChecks } from '../doctor/executor-checks.ts';
import type { CommandContext } from './context.ts';

/** `memtrain doctor`: is everything there that the local engine needs? */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('check that everything needed is installed and works')
    .action(async () => {
      const results = await runChecks([...systemChecks(), ...(await executorChecks())]);
      for (const { name, state, detail } of results) context.print(`${state.padEnd(8)} ${name}: ${detail}`);
      const missing = results.filter(({ state }) => state === 'missing');
      if (missing.length > 0) {
        throw new MemtrainError('not-available', `${missing.map(({ name }) => name).join(', ')} missing: do what the lines above say`);
      }
      context.print('everything needed is there');
    });
}
