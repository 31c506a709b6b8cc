import { readFileSync, statSync } from 'node:fs';
import { MemtrainError } from '../errors.ts';

/** Throws `MemtrainError` (`no-file`) unless `path` is a readable plain file; `what` says what it should have been. */
export function requireFile(path: string, what: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new MemtrainError('no-file', `no ${what} file at ${path}: check the path`);
  if (!found.isFile()) throw new MemtrainError('no-file', `${path} is not a file: give the path of a ${what} file`);
}

/** Text of a file that must exist. */
export function readTextFile(path: string, what: string): string {
  requireFile(path, what);
  return readFileSync(path, 'utf8');
}
