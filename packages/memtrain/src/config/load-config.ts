import type { z } from 'zod';
import { readTextFile } from '../run/read-file.ts';
import { MemtrainError } from '../errors.ts';
import { overrideConfig } from './override.ts';
import { parseConfig } from './parse-config.ts';

export interface LoadConfigOptions {
  /** JSON file; without one the defaults are the start. */
  readonly file?: string | undefined;
  /** What the file's settings are laid over. Default: the schema's own defaults. */
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
      value = overlay(value, JSON.parse(text) as unknown);
    } catch (error) {
      throw new MemtrainError('bad-file', `${options.file}: not JSON (${(error as Error).message}): correct the file`, { cause: error });
    }
  }
  const where = options.file ?? (options.set?.length ? '--set' : 'configuration');
  return parseConfig(schema, overrideConfig(value, options.set ?? []), where);
}

/** `over` on top of `base`, section by section; anything that is not a section replaces what was there. */
function overlay(base: unknown, over: unknown): unknown {
  if (!isSection(base) || !isSection(over)) return over;
  const keys = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(keys.map((key) => [key, Object.hasOwn(over, key) ? overlay(base[key], over[key]) : base[key]]));
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
