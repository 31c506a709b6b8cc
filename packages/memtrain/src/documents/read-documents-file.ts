import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { documentText } from '@memtrain/corpus';
import type { DocumentPassage } from '@memtrain/corpus';
import { z } from 'zod';
import { MemtrainError } from '../errors.ts';
import { requireFile } from '../run/read-file.ts';

/** Of a line of `documents.jsonl`, what reading needs; other fields are left alone. */
const lineSchema = z.object({
  id: z.string().min(1),
  passages: z.array(z.object({ title: z.string(), text: z.string() })).min(1),
  mask: z.string().min(1),
  answer: z.string().min(1),
  aliases: z.array(z.string()),
  task: z.string().optional(),
  question: z.string().optional(),
  chunks: z.array(z.object({ entities: z.array(z.object({ text: z.string().min(1) })) })).optional(),
});

/** A masked document as text. */
export interface MaskedText {
  readonly id: string;
  readonly text: string;
  readonly mask: string;
  /** The masked entity and its other spellings. */
  readonly gold: readonly string[];
  /** A question of its own, in the place of the one about the mask. */
  readonly question?: string;
  /** Entities that recall may ask for, found when the document was made; absent in files of other makers. */
  readonly entities?: readonly string[];
}

export interface DocumentsFile {
  readonly documents: readonly MaskedText[];
  /** SHA-256 (hexadecimal) of the file. */
  readonly sha256: string;
}

/**
 * Reads a `documents.jsonl` that `corpus build` made.
 * Throws `MemtrainError`: `no-file`; `bad-file` that names the line and the field, or says that there is no document.
 */
export function readDocumentsFile(path: string): DocumentsFile {
  requireFile(path, 'documents');
  const bytes = readFileSync(path);
  const text = bytes.toString('utf8');
  const lines = text.split('\n');
  const last = lines.pop();
  if (last !== '') throw new MemtrainError('bad-file', `${path}: line ${lines.length + 1} is cut short: build the documents again`);
  if (lines.length === 0) throw new MemtrainError('bad-file', `${path} holds no document: build some with memtrain corpus build`);
  const documents = lines.map((line, index) => readLine(line, `${path}: line ${index + 1}`));
  return { documents, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function readLine(line: string, where: string): MaskedText {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new MemtrainError('bad-file', `${where} is not JSON: give a documents.jsonl made by memtrain corpus build`, { cause: error });
  }
  const result = lineSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const field = issue.path.join('.') || 'the whole line';
    throw new MemtrainError('bad-file', `${where}, ${field}: ${issue.message}; give a documents.jsonl made by memtrain corpus build`);
  }
  const { id, passages, mask, answer, aliases, task, question, chunks } = result.data;
  // The text needs no more of a passage than its title and text.
  const text = documentText({ passages: passages as unknown as DocumentPassage[] });
  return {
    id,
    text,
    mask,
    gold: [answer, ...aliases],
    ...(task === 'revision' && question !== undefined && { question }),
    ...(chunks && { entities: [...new Set(chunks.flatMap(({ entities }) => entities.map((entity) => entity.text)))] }),
  };
}
