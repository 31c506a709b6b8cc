import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CorpusError } from '../errors.ts';
import type { FieldMapping } from './field-mapping.ts';
import { openParquetSource } from './parquet-source.ts';
import type { SourceTask, TextSource } from './source-task.ts';
import { openJsonLinesSource } from './stream-sources.ts';
import type { OpenBytesOptions } from '../dump/open-bytes.ts';

const TEXT = /\.(?:txt|md|markdown|html?)$/i;
const LINES = /\.(?:jsonl|ndjson)(?:\.(?:gz|bz2|zst))?$/i;
const PARQUET = /\.parquet$/i;
const ARROW = /\.arrow$/i;
const FILES_A_TASK = 64;

/**
 * A folder, its files in order of their paths: texts (.txt, .md, .html), or a Hugging Face dataset on disk (.parquet, .jsonl).
 * Throws `CorpusError`: `no-file`, `bad-source` when nothing in it can be read, `not-supported` for Arrow files.
 */
export async function openFolderSources(folder: string, fields: FieldMapping, options: OpenBytesOptions = {}): Promise<TextSource[]> {
  const names = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new CorpusError('no-file', `${folder} cannot be read (${(cause as Error).message}): give the path of a folder`, { cause });
  });
  const files = names.map((name) => name.replaceAll('\\', '/')).toSorted();
  const data = files.filter((name) => PARQUET.test(name) || LINES.test(name));
  if (data.length > 0) {
    return Promise.all(
      data.map((name) =>
        PARQUET.test(name) ? openParquetSource(join(folder, name), fields) : openJsonLinesSource(join(folder, name), fields, options),
      ),
    );
  }
  const texts = files.filter((name) => TEXT.test(name));
  if (texts.length > 0) return [await textFolder(folder, texts)];
  if (files.some((name) => ARROW.test(name))) {
    throw new CorpusError(
      'not-supported',
      `${folder} holds Arrow files, which are not read: in Python, load_from_disk(...) and then .to_parquet("corpus.parquet"), and give that`,
    );
  }
  throw new CorpusError('bad-source', `${folder} holds no .txt, .md, .html, .jsonl or .parquet file: give a folder of texts or a dataset`);
}

async function textFolder(folder: string, files: readonly string[]): Promise<TextSource> {
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size));
  const bytesTotal = sizes.reduce((sum, size) => sum + size, 0);
  const name = basename(folder);
  let bytesRead = 0;
  let complete = false;
  return {
    name,
    bytesTotal,
    bytesRead: () => bytesRead,
    async *tasks(): AsyncGenerator<SourceTask> {
      for (let first = 0; first < files.length; first += FILES_A_TASK) {
        yield { kind: 'files', folder, files: files.slice(first, first + FILES_A_TASK), first: first + 1 };
        for (const size of sizes.slice(first, first + FILES_A_TASK)) bytesRead += size;
      }
      complete = true;
    },
    file: () => ({ name, bytes: bytesTotal, sha256: complete ? hashOfNames(files, sizes) : null }),
  };
}

/** A folder has no bytes of its own: its hash is that of its files' names and sizes. */
function hashOfNames(files: readonly string[], sizes: readonly number[]): string {
  return createHash('sha256')
    .update(files.map((name, i) => `${name}\t${sizes[i]}\n`).join(''))
    .digest('hex');
}
