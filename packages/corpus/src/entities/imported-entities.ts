import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { CorpusError } from '../errors.ts';
import { labelledEntities } from './entity-labels.ts';
import type { LabelledSpan } from './entity-labels.ts';
import type { EntityExtractor } from './entity-extractor.ts';
import type { EntityTables } from './entity-tables.ts';

const count = z.number().int().min(0);
const lineSchema = z.object({ text: z.string(), ents: z.array(z.object({ start: count, end: count, label: z.string() })) });

/**
 * Entities that other software found: a JSONL file with one `{"text": ..., "ents": [{"start", "end", "label"}]}` a line, as spaCy's
 * `doc.to_json()` gives it (offsets count code points). A passage is looked up by its exact text; one that the file lacks has none.
 * Throws `CorpusError`: `no-file`; `bad-source` that names the line.
 */
export async function openImportedEntities(path: string, tables: EntityTables): Promise<EntityExtractor> {
  const byText = new Map<string, LabelledSpan[]>();
  let number = 0;
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  try {
    for await (const line of lines) {
      number++;
      if (line.trim() === '') continue;
      const { text, ents } = parseLine(line, `${path}: line ${number}`);
      const offset = utf16Offsets(text);
      byText.set(
        keyOf(text),
        ents.map(({ start, end, label }) => ({ start: offset(start), end: offset(end), label })),
      );
    }
  } catch (cause) {
    if (CorpusError.isInstance(cause)) throw cause;
    throw new CorpusError('no-file', `${path}: cannot be read (${(cause as Error).message}): give a JSONL file of entities`, { cause });
  }
  return {
    name: 'import',
    extract: ({ text }) => Promise.resolve(labelledEntities(text, byText.get(keyOf(text)) ?? [], 'import', tables)),
  };
}

function parseLine(line: string, where: string): z.infer<typeof lineSchema> {
  const advice = 'give lines of {"text", "ents": [{"start", "end", "label"}]}, as spaCy\'s doc.to_json() makes them';
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

function utf16Offsets(text: string): (codePoints: number) => number {
  if (!/[\ud800-\udfff]/.test(text)) return (offset) => offset;
  const offsets: number[] = [];
  let at = 0;
  for (const character of text) {
    offsets.push(at);
    at += character.length;
  }
  return (offset) => offsets[offset] ?? at;
}

/** Passages can be many: a hash takes less room than the text. */
function keyOf(text: string): string {
  return createHash('sha1').update(text).digest('base64');
}
