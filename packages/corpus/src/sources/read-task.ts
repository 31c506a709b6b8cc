import { isUtf8 } from 'node:buffer';
import { CorpusError } from '../errors.ts';
import { recordsOfBatch } from '../dump/read-dump.ts';
import { readArrowRows } from './arrow-source.ts';
import { mapFields } from './field-mapping.ts';
import { readParquetRows } from './parquet-source.ts';
import type { SourceArticle, SourcePosition, SourceRecord } from './source-record.ts';
import type { SourceTask } from './source-task.ts';
import { readTextFile } from './text-file.ts';

/** The records of a task, in order; pages and lines are numbered from 1 within it. */
export async function* recordsOfTask(task: SourceTask): AsyncGenerator<SourceRecord> {
  if (task.kind === 'pages') yield* pageRecords(task);
  else if (task.kind === 'lines') yield* lineRecords(task);
  else if (task.kind === 'rows') yield* rowRecords(task);
  else if (task.kind === 'arrow') yield* arrowRecords(task);
  else {
    for (const [i, file] of task.files.entries()) yield await attempt({ file }, () => readTextFile(task.folder, file, task.first + i));
  }
}

function* pageRecords(task: Extract<SourceTask, { kind: 'pages' }>): Generator<SourceRecord> {
  const bytes = asBuffer(task.bytes);
  for (const record of recordsOfBatch({ bytes, byte: task.byte, ...(task.oversized ? { oversized: true } : {}) })) {
    if (record.type !== 'article') {
      yield record;
      continue;
    }
    const { title, pageId, revisionId, wikitext } = record.page;
    const licence = task.licence === undefined ? {} : { licence: task.licence };
    yield { type: 'article', position: record.position, article: { title, pageId, revisionId, content: { wikitext }, ...licence } };
  }
}

async function* lineRecords(task: Extract<SourceTask, { kind: 'lines' }>): AsyncGenerator<SourceRecord> {
  if (task.oversized) {
    yield { type: 'rejected', position: { line: 1, byte: task.byte }, reason: 'the line is longer than 64 MiB' };
    return;
  }
  const bytes = asBuffer(task.bytes);
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    const own = bytes.subarray(start, end);
    const position = { line: ++line, byte: task.byte + start };
    start = end + 1;
    // A blank line is no record, but it counts as a line.
    if (own.length > 0 && own.some((byte) => byte !== 32 && byte !== 9 && byte !== 13)) {
      yield await attempt(position, () => {
        if (!isUtf8(own)) throw new Error('the line is not valid UTF-8');
        return mapFields(parseJson(own.toString('utf8')), position.byte + 1, task.fields);
      });
    }
  }
}

async function* rowRecords(task: Extract<SourceTask, { kind: 'rows' }>): AsyncGenerator<SourceRecord> {
  const rows = await readParquetRows(task.path, task.from, task.to).catch((cause: unknown) => {
    throw new CorpusError(
      'bad-source',
      `${task.path}: rows ${task.from + 1} to ${task.to} cannot be read (${(cause as Error).message}): download the file again`,
      { cause },
    );
  });
  for (const [i, row] of rows.entries()) {
    const number = task.from + i + 1;
    yield await attempt({ row: number }, () => mapFields(row, number, task.fields));
  }
}

async function* arrowRecords({ rows, first, fields }: Extract<SourceTask, { kind: 'arrow' }>): AsyncGenerator<SourceRecord> {
  let number = first;
  try {
    for await (const row of readArrowRows(rows)) {
      number++;
      yield await attempt({ row: number }, () => mapFields(row, number, fields));
    }
  } catch (cause) {
    throw new CorpusError(
      'bad-source',
      `${rows.path}: the batch of row ${number + 1} cannot be read (${(cause as Error).message}): copy or save the file again`,
      { cause },
    );
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    throw new Error(`not JSON: ${(error as Error).message}`, { cause: error });
  }
}

async function attempt(position: SourcePosition, read: () => SourceArticle | Promise<SourceArticle>): Promise<SourceRecord> {
  try {
    return { type: 'article', position, article: await read() };
  } catch (error) {
    return { type: 'rejected', position, reason: (error as Error).message };
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
