import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { FileMetaData } from 'hyparquet';
import { CorpusError } from '../errors.ts';
import type { FieldMapping } from './field-mapping.ts';
import { hashOfFile } from './hash-of-file.ts';
import type { TextSource } from './source-task.ts';

/** A task is in memory as a whole, several times its bytes; writers put up to a million rows into a group. */
const TASK_BYTES = 1 << 25;

/** A parquet file, a row group at a time, large ones in several tasks. Throws `CorpusError` (`no-file`, `bad-source`). */
export async function openParquetSource(path: string, fields: FieldMapping): Promise<TextSource> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new CorpusError('no-file', `${path} cannot be read (${(cause as Error).message}): give the path of a parquet file`, { cause });
  });
  const metadata = await readMetadata(path);
  const name = basename(path);
  let bytesRead = 0;
  let sha256: string | null = null;
  return {
    name,
    bytesTotal: size,
    bytesRead: () => bytesRead,
    async *tasks() {
      let from = 0;
      for (const group of metadata.row_groups) {
        const rows = Number(group.num_rows);
        const step = Math.max(1, Math.ceil(rows / Math.max(1, Math.ceil(Number(group.total_byte_size) / TASK_BYTES))));
        for (const end = from + rows; from < end;) {
          const to = Math.min(end, from + step);
          yield { kind: 'rows', path, from, to, fields };
          bytesRead = Math.round((size * to) / Math.max(1, Number(metadata.num_rows)));
          from = to;
        }
      }
      sha256 = await hashOfFile(path);
    },
    file: () => ({ name, bytes: size, sha256 }),
  };
}

/** Rows `from` to `to` (exclusive, counted from 0) as objects. */
export async function readParquetRows(path: string, from: number, to: number): Promise<Record<string, unknown>[]> {
  const [{ asyncBufferFromFile, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const file = await asyncBufferFromFile(path);
  return parquetReadObjects({ file, rowStart: from, rowEnd: to, compressors });
}

async function readMetadata(path: string): Promise<FileMetaData> {
  const { asyncBufferFromFile, parquetMetadataAsync } = await import('hyparquet');
  try {
    return await parquetMetadataAsync(await asyncBufferFromFile(path));
  } catch (cause) {
    throw new CorpusError('bad-source', `${path} is not a parquet file, or is cut off (${(cause as Error).message}): download it again`, {
      cause,
    });
  }
}
