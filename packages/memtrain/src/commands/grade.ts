import { verifiers } from '@memtrain/rewards';
import type { VerifierName } from '@memtrain/rewards';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { nearestKey } from '../config/nearest-key.ts';
import type { CommandContext } from './context.ts';

/** A verifier that `grade` knows by name. */
export type GradeName = VerifierName | 'count-objectives';

export interface GradeCommandOptions {
  readonly verifier: GradeName[];
  readonly in: string;
  readonly out: string;
}

const names = [...Object.keys(verifiers), 'count-objectives'];

/** `memtrain grade`: scores of predictions against gold answers. */
export function addGradeCommand(program: Command, context: CommandContext): void {
  program
    .command('grade')
    .description('score predictions against gold answers')
    .requiredOption('--verifier <names>', `with commas between them: ${names.join(', ')}`, gradeNames)
    .requiredOption('--in <file>', 'JSON lines with "prediction" and "golds" (for count-objectives a list a question)')
    .requiredOption('--out <file>', 'the same lines with "scores"')
    .action(async (options: GradeCommandOptions) => {
      const { runGrade } = await import('./run-grade.ts');
      await runGrade(options, context);
    });
}

function gradeNames(text: string): GradeName[] {
  const chosen = text.split(',').map((name) => name.trim());
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const nearest = nearestKey(unknown, names);
    throw new InvalidArgumentError(
      `"${unknown}" is no verifier: ${nearest === undefined ? `use ${names.join(', ')}` : `did you mean "${nearest}"?`}`,
    );
  }
  return [...new Set(chosen)] as GradeName[];
}
