import { statSync } from 'node:fs';
import { join } from 'node:path';
import { compareResults, comparisonTable } from '@memtrain/benchmarks';
import type { EvaluationResult } from '@memtrain/benchmarks';
import { MemtrainError } from '../errors.ts';
import { readTextFile } from '../run/read-file.ts';
import type { CompareCommandOptions } from './compare.ts';
import type { CommandContext } from './context.ts';

/** Does what `memtrain compare` was asked for. */
export async function runCompare(
  options: CompareCommandOptions & { readonly before: string; readonly after: string },
  context: CommandContext,
): Promise<void> {
  const { arm, against, seed } = options;
  const before = readResult(options.before);
  const after = readResult(options.after);
  const comparisons = compareResults(before, after, {
    seed,
    ...(arm === undefined ? {} : { arm }),
    ...(against === undefined ? {} : { against }),
  });
  if (options.json) {
    context.print(JSON.stringify(comparisons));
    return;
  }
  context.print(`${before.benchmark}: ${before.model.name} -> ${after.model.name}. Points, of the second minus the first.`);
  for (const line of comparisonTable(comparisons)) context.print(line);
}

function readResult(path: string): EvaluationResult {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? join(path, 'result.json') : path;
  let result: Partial<EvaluationResult> | undefined;
  try {
    result = JSON.parse(readTextFile(file, 'result')) as Partial<EvaluationResult>;
  } catch (error) {
    if (MemtrainError.isInstance(error)) throw error;
  }
  if (result?.format === 1 && Array.isArray(result.arms)) return result as EvaluationResult;
  throw new MemtrainError('bad-file', `${file} is no result of memtrain eval --benchmark: give the folder that --out named`);
}
