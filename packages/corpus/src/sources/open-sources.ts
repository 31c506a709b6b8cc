import type { OpenBytesOptions } from '../dump/open-bytes.ts';
import { CorpusError } from '../errors.ts';
import { countLines } from './count-lines.ts';
import type { FieldMapping } from './field-mapping.ts';
import { openArrowSources, openFolderSources } from './folder-source.ts';
import { openParquetSource } from './parquet-source.ts';
import { recordsOfTask } from './read-task.ts';
import type { SourcePosition, SourceRecord } from './source-record.ts';
import type { TextSource } from './source-task.ts';
import { openDumpSource, openJsonLinesSource } from './stream-sources.ts';

type Paths = string | readonly string[];

/** What to read; several kinds and files are read one after the other, in this order of kinds. */
export interface SourceOptions {
  /** MediaWiki XML dumps: `.xml`, also compressed with bzip2, gzip or zstd; `-` is standard input. */
  readonly dump?: Paths;
  /** JSON Lines, also compressed; `-` is standard input. */
  readonly jsonl?: Paths;
  readonly parquet?: Paths;
  /** Arrow IPC streams or files, or folders that Hugging Face's `save_to_disk` wrote. */
  readonly arrow?: Paths;
  /** Folders of .txt, .md and .html files, or of a dataset's .parquet, .jsonl or .arrow files. */
  readonly folder?: Paths;
  /** Field names of JSON Lines, parquet and Arrow records. */
  readonly fields?: FieldMapping;
}

export type OpenSourcesOptions = OpenBytesOptions;

const KINDS = ['dump', 'jsonl', 'parquet', 'arrow', 'folder'] as const;

/** Opens everything that is to be read. Throws `CorpusError`: `bad-options` when nothing is named, and what opening each throws. */
export async function openSources(sources: SourceOptions, options: OpenSourcesOptions = {}): Promise<TextSource[]> {
  const { fields = {} } = sources;
  const paths = sourcePaths(sources);
  if (paths.length === 0)
    throw new CorpusError('bad-options', 'there is no source: give a dump, a JSON Lines, parquet or Arrow file, or a folder');
  if (paths.filter(({ path }) => path === '-').length > 1) throw new CorpusError('bad-options', 'standard input (-) can be read only once');
  const opened: TextSource[] = [];
  for (const { kind, path } of paths) {
    if (kind === 'dump') opened.push(await openDumpSource(path, options));
    else if (kind === 'jsonl') opened.push(await openJsonLinesSource(path, fields, options));
    else if (kind === 'parquet') opened.push(await openParquetSource(path, fields));
    else if (kind === 'arrow') opened.push(...(await openArrowSources(path, fields)));
    else opened.push(...(await openFolderSources(path, fields, options)));
  }
  return opened;
}

/** Kind and path of everything named, in the order of reading. */
export function sourcePaths(sources: SourceOptions): { readonly kind: (typeof KINDS)[number]; readonly path: string }[] {
  return KINDS.flatMap((kind) => [sources[kind] ?? []].flat().map((path) => ({ kind, path })));
}

/**
 * Every record of the sources, one after the other; memory stays at about one batch. A bad record is a `rejected` one, not an error.
 * Throws what `openSources` throws, and `bad-bz2`, `bad-compression`, `not-a-dump`, `truncated`, `bad-source` while reading.
 */
export async function* readSources(
  sources: SourceOptions,
  options: OpenSourcesOptions = {},
): AsyncGenerator<SourceRecord & { readonly source: string }> {
  for (const source of await openSources(sources, options)) {
    let before = 0;
    for await (const task of source.tasks()) {
      let last = 0;
      for await (const record of recordsOfTask(task)) {
        const position = movePosition(record.position, before);
        last = unitOf(record.position);
        yield { ...record, position, source: source.name };
      }
      before += task.kind === 'lines' ? countLines(task.bytes) : last;
    }
  }
}

/** A position within a task as one within the source; `before` is the number of pages or lines before the task. */
export function movePosition(position: SourcePosition, before: number): SourcePosition {
  if ('page' in position) return { page: position.page + before, byte: position.byte };
  return 'line' in position ? { line: position.line + before, byte: position.byte } : position;
}

function unitOf(position: SourcePosition): number {
  return 'page' in position ? position.page : 0;
}
