import type { z } from 'zod';
import { readTextFile } from '../run/read-file.ts';
import { MemtrainError } from '../errors.ts';
import { overrideConfig } from './override.ts';
import { parseConfig } from './parse-config.ts';

export interface LoadConfigOptions {
  /** JSON file; without one the defaults are the start. */
  readonly file?: string | undefined;
  /** What to start from when there is no file. Default: the schema's own defaults. */
  readonly base?: unknown;
  /** `--set` assignments. */
  readonly set?: readonly string[] | undefined;
}

/** Reads, overrides and checks a configuration. Throws `MemtrainError` (`no-file`, `bad-file`, `bad-config`, `usage`). */
export function loadConfig<T extends z.ZodType>(schema: T, options: LoadConfigOptions = {}): z.output<T> {
  let value: unknown = options.base ?? {};
  if (options.file !== undefined) {
    const text = readTextFile(options.file, 'configuration');
    try {
      value = JSON.parse(text) as unknown;
    } catch (error) {
      throw new MemtrainError('bad-file', `${options.file}: not JSON (${(error as Error).message}): correct the file`, { cause: error });
    }
  }
  const where = options.file ?? (options.set?.length ? '--set' : 'configuration');
  return parseConfig(schema, overrideConfig(value, options.set ?? []), where);
}
