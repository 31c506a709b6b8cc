import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CorpusError } from '../errors.ts';
import { openArrowSource } from './arrow-source.ts';
import { datasetFiles } from './dataset-folder.ts';
import type { FieldMapping } from './field-mapping.ts';
import { openParquetSource } from './parquet-source.ts';
import type { SourceTask, TextSource } from './source-task.ts';
import { openJsonLinesSource } from './stream-sources.ts';
import type { OpenBytesOptions } from '../dump/open-bytes.ts';

const TEXT = /\.(?:txt|md|markdown|html?)$/i;
const LINES = /\.(?:jsonl|ndjson)(?:\.(?:gz|bz2|zst))?$/i;
/** What lies beside a dataset without being a part of it. */
const BESIDE_DATA = /(?:^|\/)(?:readme|licen[cs]e|notice|citation|changelog)[^/]*$/i;
const PARQUET = /\.parquet$/i;
const FILES_A_TASK = 64;

/**
 * A folder, its files in order of their paths: texts (.txt, .md, .html), or a Hugging Face dataset on disk (.parquet, .jsonl, .arrow).
 * Throws `CorpusError`: `no-file`; `bad-source` when nothing in it can be read, or it holds both; `truncated` for a dataset with missing
 * files.
 */
export async function openFolderSources(folder: string, fields: FieldMapping, options: OpenBytesOptions = {}): Promise<TextSource[]> {
  const files = await filesBelow(folder);
  const data = files.filter((name) => PARQUET.test(name) || LINES.test(name));
  const arrow = await datasetFiles(folder, files);
  if (data.length > 0 && arrow.length > 0)
    throw new CorpusError('bad-source', `${folder} holds both ${data[0]} and ${arrow[0]}: give the one or the other by itself`);
  const texts = files.filter((name) => TEXT.test(name) && !BESIDE_DATA.test(name));
  if (texts.length > 0 && data.length + arrow.length > 0)
    throw new CorpusError(
      'bad-source',
      `${folder} holds both ${data[0] ?? arrow[0]} and ${texts.length} text files such as ${texts[0]}: give the one or the other by itself`,
    );
  if (data.length > 0) {
    return Promise.all(
      data.map((name) =>
        PARQUET.test(name) ? openParquetSource(join(folder, name), fields) : openJsonLinesSource(join(folder, name), fields, options),
      ),
    );
  }
  if (arrow.length > 0) return Promise.all(arrow.map((name) => openArrowSource(join(folder, name), fields, { name })));
  const all = files.filter((name) => TEXT.test(name));
  if (all.length > 0) return [await textFolder(folder, all)];
  throw new CorpusError(
    'bad-source',
    `${folder} holds no .txt, .md, .html, .jsonl, .parquet or .arrow file: give a folder of texts or a dataset`,
  );
}

/** An Arrow file, or a dataset's folder. Throws `CorpusError`: what `openArrowSource` throws, `bad-source` for a folder without one. */
export async function openArrowSources(path: string, fields: FieldMapping): Promise<TextSource[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return [await openArrowSource(path, fields)];
  const names = await datasetFiles(path, await filesBelow(path));
  if (names.length === 0) throw new CorpusError('bad-source', `${path} holds no .arrow file: give what save_to_disk wrote`);
  return Promise.all(names.map((name) => openArrowSource(join(path, name), fields, { name })));
}

async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new CorpusError('no-file', `${folder} cannot be read (${(cause as Error).message}): give the path of a folder`, { cause });
  });
  return names.map((name) => name.replaceAll('\\', '/')).toSorted();
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
