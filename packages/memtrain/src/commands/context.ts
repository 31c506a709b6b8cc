import type { Progress } from '../progress/progress.ts';

/** What a command is given by `main`. */
export interface CommandContext {
  /** Aborted by the first Ctrl-C: finish cleanly and throw `MemtrainError` (`interrupted`) that says how to resume. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** The command line as typed, for the manifest. */
  readonly argv: readonly string[];
  /** Prints a line of the result on standard output. */
  print(line: string): void;
  /** The current time; tests pass a fixed one. */
  now(): Date;
}
