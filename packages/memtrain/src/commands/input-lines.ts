import { resolve } from 'node:path';
import type { Message, Prompt, Tokenizer } from '@memtrain/policy';
import { encodePrompt } from '@memtrain/policy';
import { z } from 'zod';
import { MemtrainError } from '../errors.ts';
import { readTextFile } from '../run/read-file.ts';

const fields = {
  tokens: z.array(z.number().int().min(0).max(0x7fffffff)).min(1),
  text: z.string().min(1),
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1),
};

/** What a line may hold: token ids, text, or a chat. */
export type InputField = keyof typeof fields;

/** One line of an input file; `where` is `file:line`. */
export interface InputLine {
  readonly where: string;
  readonly prompt: Prompt;
}

/**
 * Reads a JSON-lines file in which every line is an object with one of `allowed`; other fields are left alone.
 * Throws `MemtrainError`: `no-file`; `bad-file` that begins with `file:line`.
 */
export function readInputLines(path: string, allowed: readonly InputField[]): InputLine[] {
  const lines = readTextFile(path, 'input').split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines.map((line, index) => readLine(line, `${path}:${index + 1}`, allowed));
}

function readLine(line: string, where: string, allowed: readonly InputField[]): InputLine {
  const wanted = allowed.map((name) => `"${name}"`).join(' or ');
  const fail = (what: string, cause?: unknown): never => {
    throw new MemtrainError('bad-file', `${where}: ${what}; every line is a JSON object with ${wanted}`, { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return fail('not JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('not an object');
  const given = allowed.filter((name) => Object.hasOwn(value, name));
  const [name] = given;
  if (name === undefined || given.length > 1) return fail(`it has ${given.length === 0 ? 'none' : `${given.length}`} of them`);
  const parsed = fields[name].safeParse((value as Record<string, unknown>)[name]);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return fail(`${[name, ...issue.path].join('.')}: ${issue.message}`);
  }
  const prompt = name === 'tokens' ? Int32Array.from(parsed.data as number[]) : (parsed.data as string | Message[]);
  return { where, prompt };
}

/** Token ids of every line. Throws `MemtrainError` (`bad-file`) that names the line for what the model cannot be given. */
export function encodeLines(
  lines: readonly InputLine[],
  options: { readonly tokenizer: Tokenizer; readonly vocabularySize: number; readonly mostTokens: number },
): Int32Array[] {
  const { tokenizer, vocabularySize, mostTokens } = options;
  return lines.map(({ where, prompt }) => {
    const fail = (what: string, cause?: unknown): never => {
      throw new MemtrainError('bad-file', `${where}: ${what}`, { cause });
    };
    let ids: Int32Array;
    try {
      ids = encodePrompt(prompt, tokenizer);
    } catch (error) {
      return fail((error as Error).message, error);
    }
    const outside = ids.find((id) => id >= vocabularySize);
    if (outside !== undefined)
      return fail(`token ${outside} is outside the model's vocabulary of ${vocabularySize}: use the model's own ids`);
    if (ids.length === 0) return fail('the text has no tokens: give some');
    if (ids.length > mostTokens) return fail(`${ids.length} tokens are more than the ${mostTokens} that fit the model: shorten it`);
    return ids;
  });
}

/** Throws `MemtrainError` (`usage`) when the output would replace the input. */
export function requireOtherFile(input: string, output: string): void {
  if (resolve(input) === resolve(output)) throw new MemtrainError('usage', `--in and --out are both ${input}: write to another file`);
}

/** Float32 numbers in as few digits as give them back exactly. */
export function shortNumbers(values: Float32Array): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(9)));
}

/** JSON lines as the bytes of a file; a join of all lines could exceed the longest string. */
export function jsonLines(values: readonly unknown[]): Uint8Array {
  return Buffer.concat(values.map((value) => Buffer.from(`${JSON.stringify(value)}\n`)));
}
