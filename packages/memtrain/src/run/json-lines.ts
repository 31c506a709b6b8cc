import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { writeFileDurably } from '@memtrain/durable-files';
import { MemtrainError } from '../errors.ts';

/** Appends one value as a line and makes it durable. */
export function appendJsonLine(path: string, value: unknown): void {
  const file = openSync(path, 'a');
  try {
    writeSync(file, `${JSON.stringify(value)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * The values of a JSON-lines file; none when there is no file. A last line without its line feed is what a kill left behind and is skipped.
 * Throws `MemtrainError` (`bad-file`) that names the line of anything else that is not JSON.
 */
export function readJsonLines<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as T;
    } catch (error) {
      throw new MemtrainError('bad-file', `line ${index + 1} of ${path} is not JSON: repair or remove the line`, { cause: error });
    }
  });
}

/** Keeps the lines that `keep` accepts (and drops a torn last line): what a resumed run does with records newer than its checkpoint. */
export async function filterJsonLines<T>(path: string, keep: (value: T) => boolean): Promise<void> {
  if (!existsSync(path)) return;
  const kept = readJsonLines<T>(path).filter(keep);
  await writeFileDurably(path, kept.map((value) => `${JSON.stringify(value)}\n`).join(''));
}
