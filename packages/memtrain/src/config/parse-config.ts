import { z } from 'zod';
import { MemtrainError } from '../errors.ts';
import { nearestKey } from './nearest-key.ts';

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/**
 * Checks a value against a schema and fills in defaults.
 * Throws `MemtrainError` (`bad-config`): an unknown key is named with its path and the nearest known key,
 * a number out of range with its path, its value and the range.
 */
export function parseConfig<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const json = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  // An unknown key is most often the cause of what else is wrong, so it is named first.
  const issues = result.error.issues;
  const issue = issues.find((each) => each.code === 'unrecognized_keys') ?? issues[0]!;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new MemtrainError('bad-config', `${where}: ${explainIssue(issue, value, json)}${more}`);
}

/** Every setting of a schema as `path`, in order; for messages and documentation. */
export function configPaths(schema: z.ZodType): string[] {
  const walk = (json: JsonSchema, path: string): string[] =>
    json.properties ? Object.entries(json.properties).flatMap(([key, inner]) => walk(inner, path === '' ? key : `${path}.${key}`)) : [path];
  return walk(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema, '');
}

function explainIssue(issue: z.core.$ZodIssue, value: unknown, json: JsonSchema): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return explainUnknownKey(issue.keys[0]!, path, schemaAt(json, issue.path));
  const found = valueAt(value, issue.path);
  const range = rangeText(schemaAt(json, issue.path));
  const shown = found === undefined ? 'nothing' : JSON.stringify(found);
  const name = path === '' ? 'the configuration' : `"${path}"`;
  if (issue.code === 'too_small' || issue.code === 'too_big') return `${name} is ${shown}, out of range: give a number ${range}`;
  if (issue.code === 'invalid_value')
    return `${name} is ${shown}: give one of ${issue.values.map((each) => JSON.stringify(each)).join(', ')}`;
  if (issue.code === 'invalid_type') {
    const wanted = issue.expected === 'int' ? 'whole number' : issue.expected;
    return `${name} is ${shown}: give ${/^[aeiou]/.test(wanted) ? 'an' : 'a'} ${wanted}${range === '' ? '' : ` ${range}`}`;
  }
  return `${name} is ${shown}: ${issue.message}`;
}

function explainUnknownKey(key: string, path: string, json: JsonSchema | undefined): string {
  const known = Object.keys(json?.properties ?? {});
  const full = path === '' ? key : `${path}.${key}`;
  const nearest = nearestKey(key, known);
  const advice =
    nearest === undefined ? `known keys there: ${known.join(', ')}` : `did you mean "${path === '' ? nearest : `${path}.${nearest}`}"?`;
  return `unknown key "${full}": ${advice}`;
}

function rangeText(json: JsonSchema | undefined): string {
  if (!json) return '';
  const parts: string[] = [];
  // A whole number carries the safe-integer bounds unless the schema says more; they tell a reader nothing.
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = json;
  if (minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER) parts.push(`at least ${minimum}`);
  if (exclusiveMinimum !== undefined) parts.push(`above ${exclusiveMinimum}`);
  if (maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER) parts.push(`at most ${maximum}`);
  if (exclusiveMaximum !== undefined) parts.push(`below ${exclusiveMaximum}`);
  return minimum !== undefined && parts.length === 2 && maximum !== undefined ? `from ${minimum} to ${maximum}` : parts.join(' and ');
}

function schemaAt(json: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((inner, key) => inner?.properties?.[String(key)], json);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}
