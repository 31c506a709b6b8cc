import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CorpusError } from '../errors.ts';
import { arrowMessages } from './arrow-messages.ts';
import type { ArrowMessage } from './arrow-messages.ts';
import type { FieldMapping } from './field-mapping.ts';
import { hashOfFile } from './hash-of-file.ts';
import type { TextSource } from './source-task.ts';

/** Rows of one record batch: where the messages lie that are needed to read them. Plain data. */
export interface ArrowRows {
  readonly path: string;
  /** The schema, the dictionaries before the batch, and the batch. */
  readonly messages: readonly Pick<ArrowMessage, 'start' | 'end'>[];
  /** Rows of the batch, `from` to `to` (exclusive, counted from 0). */
  readonly from: number;
  readonly to: number;
}

export interface OpenArrowSourceOptions {
  /** What the file is called in messages. Default its base name. */
  readonly name?: string;
}

/** A batch is in memory as a whole, once for each worker. */
const MOST_BATCH_BYTES = 1 << 28;
/** Larger batches become several tasks. */
const TASK_BYTES = 1 << 24;

/**
 * An Arrow IPC stream or file (what Hugging Face's `save_to_disk` writes), a record batch at a time.
 * Throws `CorpusError`: `no-file`; while reading `bad-source`, `truncated`, `not-supported` (compressed or very large batches).
 */
export async function openArrowSource(path: string, fields: FieldMapping, options: OpenArrowSourceOptions = {}): Promise<TextSource> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new CorpusError('no-file', `${path} cannot be read (${(cause as Error).message}): give the path of an Arrow file`, { cause });
  });
  const { name = basename(path) } = options;
  let bytesRead = 0;
  let sha256: string | null = null;
  return {
    name,
    bytesTotal: found.size,
    bytesRead: () => bytesRead,
    async *tasks() {
      const before: ArrowMessage[] = [];
      let first = 0;
      for await (const message of arrowMessages(path)) {
        if (message.kind === 'schema' ? before.length === 0 : message.kind === 'dictionary') before.push(readable(message, path));
        if (message.kind !== 'batch') continue;
        if (before.length === 0) throw new CorpusError('bad-source', `${path} begins without a schema: give what save_to_disk wrote`);
        const { end, start, rows } = readable(message, path);
        const messages = [...before, message].map((own) => ({ start: own.start, end: own.end }));
        const step = Math.max(1, Math.ceil(rows / Math.ceil((end - start) / TASK_BYTES)));
        for (let from = 0; from < rows; from += step) {
          const to = Math.min(rows, from + step);
          yield { kind: 'arrow', rows: { path, messages, from, to }, first: first + from, fields };
          bytesRead = start + Math.round(((end - start) * to) / rows);
        }
        first += rows;
      }
      bytesRead = found.size;
      sha256 = await hashOfFile(path);
    },
    file: () => ({ name, bytes: found.size, sha256 }),
  };
}

function readable(message: ArrowMessage, path: string): ArrowMessage {
  if (message.compression !== undefined) {
    throw new CorpusError(
      'not-supported',
      `${path} is compressed with ${message.compression}, which is not read: in Python, write it without compression ` +
        '(pyarrow: ipc.IpcWriteOptions(compression=None)), or as parquet (.to_parquet(...)), and give that',
    );
  }
  const bytes = message.end - message.start;
  if (bytes <= MOST_BATCH_BYTES) return message;
  throw new CorpusError(
    'not-supported',
    `${path} has a record batch of ${Math.round(bytes / (1 << 20))} MiB, more than the ${MOST_BATCH_BYTES >> 20} MiB that are held in ` +
      'memory: in Python, write it in smaller batches (pyarrow: write_table(table, max_chunksize=10_000)), and give that',
  );
}

/** The rows as objects, one after the other. */
export async function* readArrowRows({ path, messages, from, to }: ArrowRows): AsyncGenerator<Record<string, unknown>> {
  const file = await open(path, 'r');
  const parts: Uint8Array[] = [];
  try {
    for (const { start, end } of messages) {
      // A buffer of its own begins at an address that typed arrays can share.
      const { buffer } = await file.read(new Uint8Array(end - start), 0, end - start, start);
      parts.push(buffer);
    }
  } finally {
    await file.close();
  }
  const { tableFromIPC } = await import('@uwdata/flechette');
  const table = tableFromIPC(parts, { useBigInt: true });
  const columns = table.names.map((name) => [String(name), table.getChild(name)] as const);
  for (let row = from; row < to; row++) yield Object.fromEntries(columns.map(([name, column]) => [name, column.at(row) as unknown]));
}
