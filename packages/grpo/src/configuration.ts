import { createHash } from 'node:crypto';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** SHA-256 (hexadecimal) of a value's JSON, whatever the order of its keys. */
export function configurationHash(value: unknown): string {
  const text = JSON.stringify(value, (_key, held: unknown) =>
    isTable(held) ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) : held,
  );
  return createHash('sha256')
    .update(text ?? 'null')
    .digest('hex');
}

/** Every leaf that differs, as `key: old -> new`, keys joined by dots, in alphabetical order. */
export function configurationDifferences(before: unknown, after: unknown): string[] {
  const old = leaves(before);
  const current = leaves(after);
  return [...new Set([...old.keys(), ...current.keys()])]
    .sort()
    .filter((key) => old.get(key) !== current.get(key))
    .map((key) => `${key}: ${old.get(key) ?? '(absent)'} -> ${current.get(key) ?? '(absent)'}`);
}

/** A copy as a checkpoint would return it: plain JSON, absent where `undefined` stood. */
export function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value) ?? 'null') as Json;
}

function leaves(value: unknown, key = '', found = new Map<string, string>()): Map<string, string> {
  const children: [string, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [String(index), item])
    : isTable(value)
      ? Object.entries(value)
      : [];
  for (const [name, child] of children) if (child !== undefined) leaves(child, key === '' ? name : `${key}.${name}`, found);
  if (children.length === 0) found.set(key, JSON.stringify(value) ?? '(absent)');
  return found;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
