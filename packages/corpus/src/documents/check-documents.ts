import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { CorpusError } from '../errors.ts';
import { checkDocument } from './check-document.ts';
import { FORMAT, FORMAT_VERSION } from './manifest.ts';
import type { Manifest } from './manifest.ts';

/** One thing that is wrong. */
export interface DocumentProblem {
  /** File name. */
  readonly file: string;
  /** Line from 1; 0 when the whole file is meant. */
  readonly line: number;
  /** Path of the field, e.g. `passages[3].text`; '' when the whole line is meant. */
  readonly field: string;
  readonly message: string;
}

export interface CheckDocumentsReport {
  readonly ok: boolean;
  /** Lines read. */
  readonly documents: number;
  /** The first 100 problems. */
  readonly problems: readonly DocumentProblem[];
  readonly problemCount: number;
}

const MAX_PROBLEMS = 100;

/**
 * Checks a file of documents line by line: the schema, the answer and its aliases absent from the text, placeholders counted, chunks
 * that join. Where a `manifest.json` lies beside it (in the folder of a build it must), also the roles, numbers and hashes that it gives.
 * Takes the path of the file or of its folder. Throws `CorpusError` (`no-file`) only when there is no such file.
 */
export async function checkDocuments(path: string): Promise<CheckDocumentsReport> {
  const isBuild = await isFolder(path);
  const file = isBuild ? join(path, 'documents.jsonl') : path;
  const name = basename(file);
  const problems: DocumentProblem[] = [];
  let problemCount = 0;
  const add = (problem: DocumentProblem): void => {
    problemCount++;
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  const manifestPath = join(dirname(file), 'manifest.json');
  const manifest = isBuild || existsSync(manifestPath) ? await readManifest(manifestPath, add) : undefined;
  const limits = manifest && { related: Number(manifest.options['related']), random: Number(manifest.options['random']) };
  const ids = new Map<string, number>();
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    line++;
    let record: unknown;
    try {
      record = JSON.parse(text);
    } catch (error) {
      add({ file: name, line, field: '', message: `not JSON: ${(error as Error).message}` });
      continue;
    }
    for (const problem of checkDocument(record, limits)) add({ file: name, line, ...problem });
    const id = (record as { id?: unknown } | null)?.id;
    if (typeof id !== 'string') continue;
    const earlier = ids.get(id);
    if (earlier !== undefined) add({ file: name, line, field: 'id', message: `"${id}" is also the id of line ${earlier}` });
    ids.set(id, line);
  }
  if (line === 0) add({ file: name, line: 0, field: '', message: 'holds no document' });
  if (manifest) {
    if (manifest.counts.documents !== line) {
      add({ file: name, line: 0, field: '', message: `has ${line} documents, the manifest says ${manifest.counts.documents}` });
    }
    for (const [listed, facts] of Object.entries(manifest.files)) {
      const hash = await sha256(join(dirname(file), listed === 'documents.jsonl' ? name : listed));
      if (hash === undefined) add({ file: listed, line: 0, field: '', message: 'the manifest lists this file, but it cannot be read' });
      else if (hash !== facts.sha256)
        add({
          file: listed,
          line: 0,
          field: '',
          message: 'the file is not the one that the manifest describes (SHA-256 differs): build again',
        });
    }
  }
  return { ok: problemCount === 0, documents: line, problems, problemCount };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory() && (await stat(join(path, 'documents.jsonl'))).isFile();
  } catch (cause) {
    throw new CorpusError('no-file', `${path}: there is no documents.jsonl (${(cause as Error).message}): give the file or its folder`, {
      cause,
    });
  }
}

async function readManifest(path: string, add: (problem: DocumentProblem) => void): Promise<Manifest | undefined> {
  const problem = (field: string, message: string): undefined => {
    add({ file: 'manifest.json', line: 0, field, message });
    return undefined;
  };
  let manifest: Partial<Manifest> | null;
  try {
    manifest = JSON.parse(await readFile(path, 'utf8')) as Partial<Manifest> | null;
  } catch (error) {
    return problem('', `cannot be read: ${(error as Error).message}`);
  }
  if (manifest?.format !== FORMAT) return problem('format', `must be "${FORMAT}"`);
  if (manifest.formatVersion !== FORMAT_VERSION) return problem('formatVersion', `must be ${FORMAT_VERSION}`);
  if (typeof manifest.counts?.documents !== 'number') return problem('counts.documents', 'must be a number');
  if (typeof manifest.options !== 'object' || manifest.options === null) return problem('options', 'must be an object');
  if (typeof manifest.files !== 'object' || manifest.files === null) return problem('files', 'must be an object');
  return manifest as Manifest;
}

async function sha256(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}
