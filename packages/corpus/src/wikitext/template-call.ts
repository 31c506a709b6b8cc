import { splitAtBars } from './brackets.ts';

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

const NAMED = /^\s*([\p{L}\p{N} _-]{1,40}?)\s*=/u;

/** Parses what stands between `{{` and `}}`. */
export function parseTemplateCall(inner: string): TemplateCall {
  const [head, ...rest] = splitAtBars(inner);
  const rawName = head!.trim();
  const positional: string[] = [];
  const named = new Map<string, string>();
  for (const part of rest) {
    const name = NAMED.exec(part);
    if (name) named.set(name[1]!.toLowerCase(), part.slice(name[0].length).trim());
    else positional.push(part.trim());
  }
  return {
    name: rawName.replace(/_/g, ' ').toLowerCase(),
    rawName,
    at: (n) => named.get(String(n)) ?? positional[n - 1] ?? '',
    named: (name) => named.get(name) ?? '',
    positional,
  };
}
