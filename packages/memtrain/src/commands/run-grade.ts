import { createReadStream } from 'node:fs';
import { openDurableFile } from '@memtrain/durable-files';
import { countObjectives, verifiers } from '@memtrain/rewards';
import { z } from 'zod';
import { MemtrainError } from '../errors.ts';
import { requireFile } from '../run/read-file.ts';
import type { CommandContext } from './context.ts';
import type { GradeCommandOptions, GradeName } from './grade.ts';
import { requireOtherFile } from './input-lines.ts';

// A prediction that was never made is wrong: left out, it would raise the mean.
const prediction = z.string().nullable();
const answerLine = z.object({ prediction, golds: z.array(z.string()).min(1) });
const objectivesLine = z.object({ prediction, golds: z.array(z.array(z.string()).min(1)).min(1) });

/** Does what `memtrain grade` was asked for, a line at a time. */
export async function runGrade(options: GradeCommandOptions, context: CommandContext): Promise<void> {
  const { verifier: names, in: input, out } = options;
  requireFile(input, 'predictions');
  requireOtherFile(input, out);
  const totals = new Map<GradeName, number>(names.map((name) => [name, 0]));
  let count = 0;
  const file = await openDurableFile(out);
  try {
    for await (const text of textLines(input)) {
      if (context.signal.aborted) throw new MemtrainError('interrupted', `stopped after ${count} lines: nothing was written, grade again`);
      const line = parseLine(text, `${input}:${++count}`);
      const scores = Object.fromEntries(names.map((name) => [name, scoreOf(line, name, `${input}:${count}`)]));
      for (const name of names) totals.set(name, totals.get(name)! + scores[name]!);
      await file.write(`${JSON.stringify({ ...line, scores })}\n`);
    }
    await file.publish();
  } catch (error) {
    await file.discard();
    throw error;
  }
  for (const [name, total] of totals)
    context.print(`${name}: ${count === 0 ? 'no lines' : `${(total / count).toFixed(4)} over ${count} lines`}`);
}

function scoreOf(line: object, name: GradeName, where: string): number {
  if (name === 'count-objectives') {
    const { prediction: said, golds } = check(objectivesLine, line, where);
    return countObjectives(said ?? '', golds);
  }
  const { prediction: said, golds } = check(answerLine, line, where);
  return verifiers[name](said ?? '', golds);
}

function check<T extends z.ZodType>(schema: T, line: object, where: string): z.output<T> {
  const parsed = schema.safeParse(line);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new MemtrainError('bad-file', `${where}: ${path.join('.')}: ${message}; a line is {"prediction": text, "golds": [text, ...]}`);
}

function parseLine(text: string, where: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MemtrainError('bad-file', `${where}: not JSON: repair or remove the line`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new MemtrainError('bad-file', `${where}: not an object; a line is {"prediction": text, "golds": [text, ...]}`);
}

/** Lines of a file, split at line feeds alone: JSON text may hold Unicode's other line separators. */
async function* textLines(path: string): AsyncGenerator<string> {
  let rest: string[] = [];
  for await (const part of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    const [first, ...more] = part.split('\n');
    rest.push(first!);
    for (const next of more) {
      yield rest.join('');
      rest = [next];
    }
  }
  const last = rest.join('');
  if (last !== '') yield last;
}
