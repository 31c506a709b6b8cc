import { splitAtBars } from './split-at-bars.ts';

/** A template as it is called: its name (lower case, spaces for underscores) and its arguments as wikitext. */
export interface TemplateCall {
  readonly name: string;
  /** The name as written, with what follows a colon (parser functions). */
  readonly rawName: string;
  /** Positional argument `n` (from 1), trimmed; '' when absent. */
  at(n: number): string;
  /** Named argument, trimmed; '' when absent. */
  named(name: string): string;
  /** All positional arguments in order. */
  readonly positional: readonly string[];
}

/** The name of an argument, or spaces instead of one. */
const NAME = /^(?:[\p{L}\p{N} _-]{1,40}|\s* \s*)$/u;

/** Parses what stands between `{{` and `}}`; the arguments only when they are asked for, as most templates are dropped. */
export function parseTemplateCall(inner: string): TemplateCall {
  const parts = splitAtBars(inner);
  const rawName = parts[0]!.trim();
  let read: Arguments | undefined;
  const parsed = (): Arguments => (read ??= parseArguments(parts));
  return {
    name: rawName.replace(/_/g, ' ').toLowerCase(),
    rawName,
    at: (n) => parsed().named.get(String(n)) ?? parsed().positional[n - 1] ?? '',
    named: (name) => parsed().named.get(name) ?? '',
    get positional() {
      return parsed().positional;
    },
  };
}

interface Arguments {
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, string>;
}

/** Reads the arguments of a call that was split at its bars. */
function parseArguments(parts: readonly string[]): Arguments {
  const positional: string[] = [];
  const named = new Map<string, string>();
  for (const part of parts.slice(1)) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0));
    if (NAME.test(name.trim() || name)) named.set(name.trim().toLowerCase(), part.slice(equals + 1).trim());
    else positional.push(part.trim());
  }
  return { positional, named };
}
