import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CorpusError } from '../errors.ts';
import { openAtomicFile } from './atomic-file.ts';

export interface DropDocumentsOptions {
  /** Ids of the documents to leave out: `probeLeaks(...).solvedIds`. */
  readonly ids: Iterable<string>;
  /** File to write; it may be the one that is read. */
  readonly out: string;
}

/**
 * Copies a file of documents without some of them; the lines that stay are not changed.
 * Throws `CorpusError`: `no-file`; `bad-source` for a line without an id, or an id that the file does not have. Then nothing is written.
 */
export async function dropDocuments(
  path: string,
  options: DropDocumentsOptions,
): Promise<{ readonly kept: number; readonly dropped: number }> {
  const left = new Set(options.ids);
  const dropped = left.size;
  const file = await openAtomicFile(options.out);
  let line = 0;
  let kept = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      line++;
      if (text.trim() === '' || left.delete(idOf(text, `${path}: line ${line}`))) continue;
      kept++;
      await file.writeLine(text);
    }
    if (left.size > 0)
      throw new CorpusError('bad-source', `${path} has no document ${[...left][0]}: give ids of documents that are in this file`);
    await file.finish();
    await file.publish();
  } catch (cause) {
    await file.discard();
    if (CorpusError.isInstance(cause)) throw cause;
    throw new CorpusError('no-file', `${path} cannot be read (${(cause as Error).message}): give a documents.jsonl`, { cause });
  }
  return { kept, dropped };
}

function idOf(text: string, where: string): string {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    if (typeof id === 'string') return id;
  } catch {
    // Told below.
  }
  throw new CorpusError('bad-source', `${where} is no document: it has no id`);
}
