import { closeSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';
import { CorpusError } from '../errors.ts';
import type { EntityExtractor } from './entity-extractor.ts';
import { labelledEntities } from './entity-labels.ts';
import type { LabelledSpan } from './entity-labels.ts';
import type { EntityTables } from './entity-tables.ts';
import { indexLines, lineOf } from './line-index.ts';
import type { LineIndex } from './line-index.ts';
import { textHash } from './text-hash.ts';

/** A file of entities and where those of each text stand in it; typed arrays that threads share. */
export interface ImportedEntities extends LineIndex {
  readonly path: string;
}

const count = z.number().int().min(0);
const lineSchema = z
  .object({
    id: z.string().optional(),
    text: z.string().optional(),
    hash: z
      .string()
      .regex(/^[0-9a-f]{32}$/, 'a hash has 32 hexadecimal digits')
      .optional(),
    ents: z.array(z.object({ start: count, end: count, label: z.string() })),
  })
  .refine(({ text, hash }) => text !== undefined || hash !== undefined, 'the text, or its hash, is missing');

/** A line of the file; `id` serves messages only. */
export interface ImportedLine {
  readonly id?: string | undefined;
  readonly text?: string | undefined;
  readonly hash?: string | undefined;
  readonly ents: readonly { readonly start: number; readonly end: number; readonly label: string }[];
}

/**
 * Reads a JSONL file of entities that other software found, a text a line: `{"hash", "ents": [{"start", "end", "label"}]}`, the hash as
 * `writePassageTexts` gives it, or `{"text", "ents"}`, as spaCy's `doc.to_json()` does. Throws `CorpusError`: `no-file`; `bad-source` that
 * names the line.
 */
export async function indexImportedEntities(path: string): Promise<ImportedEntities> {
  try {
    return { path, ...(await indexLines(path, (line, number) => hashOf(parseLine(line, `${path}: line ${number}`)))) };
  } catch (cause) {
    if (CorpusError.isInstance(cause)) throw cause;
    throw new CorpusError('no-file', `${path}: cannot be read (${(cause as Error).message}): give a JSONL file of entities`, { cause });
  }
}

/**
 * The extractor that gives them: offsets count code points, and a text that the file lacks has none.
 * Extracting throws `CorpusError` (`bad-entities`) when an offset lies outside of the text.
 */
export function importedExtractor(imported: ImportedEntities, tables: EntityTables): EntityExtractor {
  return {
    name: 'import',
    extract: async ({ text }) => labelledEntities(text, importedSpans(imported, text) ?? [], 'import', tables),
  };
}

/** `importedExtractor(await indexImportedEntities(path), tables)`. */
export async function openImportedEntities(path: string, tables: EntityTables): Promise<EntityExtractor> {
  return importedExtractor(await indexImportedEntities(path), tables);
}

/** Spans of a text's entities; undefined when the file has no line for it. */
export function importedSpans(imported: ImportedEntities, text: string): LabelledSpan[] | undefined {
  const { path } = imported;
  const number = lineOf(imported, textHash(text));
  if (number < 0) return undefined;
  const { id, ents } = JSON.parse(readBytes(path, imported.offsets[number]!, imported.offsets[number + 1]!)) as ImportedLine;
  const offset = utf16Offsets(text);
  return ents.map(({ start, end, label }) => {
    const span = { start: offset(start), end: offset(end), label };
    if (span.start !== undefined && span.end !== undefined && start <= end) return span as LabelledSpan;
    throw new CorpusError(
      'bad-entities',
      `${path}: ${label} from ${start} to ${end} lies outside of the text ${id ?? `"${text.slice(0, 40)}..."`}, which has ` +
        `${[...text].length} characters: offsets must count the characters (code points) of the text as it was given`,
    );
  });
}

/** One line, checked. */
export function parseLine(line: string, where: string): ImportedLine {
  const advice = 'give lines of {"hash", "ents": [{"start", "end", "label"}]}, or of {"text", "ents"} as spaCy\'s doc.to_json() makes them';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new CorpusError('bad-source', `${where} is not JSON: ${advice}`, { cause });
  }
  const parsed = lineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new CorpusError('bad-source', `${where}, ${path.join('.') || 'the whole line'}: ${message}; ${advice}`);
}

function hashOf({ text, hash }: ImportedLine): string {
  return text === undefined ? hash! : textHash(text);
}

/** From code points to UTF-16 units; undefined beyond the text. */
function utf16Offsets(text: string): (codePoints: number) => number | undefined {
  if (!/[\ud800-\udfff]/.test(text)) return (offset) => (offset <= text.length ? offset : undefined);
  const offsets: number[] = [];
  let at = 0;
  for (const character of text) {
    offsets.push(at);
    at += character.length;
  }
  offsets.push(at);
  return (offset) => offsets[offset];
}

function readBytes(path: string, start: number, end: number): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(end - start);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, end - start, start));
  } finally {
    closeSync(file);
  }
}
