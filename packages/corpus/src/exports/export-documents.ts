import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openDurableFile } from '@memtrain/durable-files';
import type { ColumnSource, SchemaElement } from 'hyparquet-writer';
import { openAtomicFile } from '../documents/atomic-file.ts';
import { documentText } from '../documents/document.ts';
import type { CorpusDocument } from '../documents/document.ts';
import { CorpusError } from '../errors.ts';

/**
 * `verl`: parquet for veRL and MemAgent (`data_source, prompt, context, ability, reward_model, extra_info`).
 * `trl`: JSON Lines for TRL (`prompt` as messages that hold the whole document, `answer`, `aliases`).
 * `plain`: JSON Lines of `id, question, text, answer, aliases`.
 */
export type ExportFormat = 'verl' | 'trl' | 'plain';

export interface ExportDocumentsOptions {
  readonly format: ExportFormat;
  /** File to write; replaced when it exists. */
  readonly out: string;
  /** What `data_source` says. Default `memtrain`. */
  readonly dataSource?: string;
  /** What `extra_info.split` says. Default `train`. */
  readonly split?: string;
  readonly onProgress?: (documents: number) => void;
}

/** How the answer is to be given. */
const INSTRUCTION = 'Put the answer in \\boxed{}.';
/** Documents of a parquet row group: about 4 MB of text. */
const GROUP = 32;

/**
 * Writes a `documents.jsonl`, given by its path or its folder's, in a form that other trainers read; one document in memory (for
 * parquet, a group of 32). Returns how many.
 * Throws `CorpusError`: `no-file`, and `bad-source` that names the line for what is no document.
 */
export async function exportDocuments(path: string, options: ExportDocumentsOptions): Promise<number> {
  return options.format === 'verl' ? exportParquet(path, options) : exportLines(path, options);
}

async function exportLines(path: string, options: ExportDocumentsOptions): Promise<number> {
  const file = await openAtomicFile(options.out);
  try {
    let count = 0;
    for await (const document of readDocuments(path)) {
      await file.writeLine(JSON.stringify(options.format === 'trl' ? trlRow(document) : plainRow(document)));
      count++;
      options.onProgress?.(count);
    }
    await file.finish();
    await file.publish();
    return count;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

async function exportParquet(path: string, options: ExportDocumentsOptions): Promise<number> {
  const file = await openDurableFile(options.out);
  try {
    const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
    const writer = new ParquetWriter({ writer: fileWriter(file.temporary), schema: verlSchema() });
    let count = 0;
    let rows: VerlRow[] = [];
    const flush = (): void => {
      if (rows.length > 0) void writer.write({ columnData: columnsOf(rows), rowGroupSize: GROUP });
      rows = [];
    };
    for await (const document of readDocuments(path)) {
      rows.push(verlRow(document, count, options));
      if (rows.length === GROUP) flush();
      count++;
      options.onProgress?.(count);
    }
    flush();
    void writer.finish();
    await file.publish();
    return count;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

async function* readDocuments(path: string): AsyncGenerator<CorpusDocument> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const stream = createReadStream(isFolder ? join(path, 'documents.jsonl') : path);
  let line = 0;
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
      line++;
      yield parseDocument(text, `${path}: line ${line}`);
    }
  } catch (cause) {
    if (CorpusError.isInstance(cause)) throw cause;
    throw new CorpusError('no-file', `${path} cannot be read (${(cause as Error).message}): give a documents.jsonl`, { cause });
  } finally {
    stream.destroy();
  }
}

function parseDocument(text: string, where: string): CorpusDocument {
  let document: Partial<CorpusDocument> | null;
  try {
    document = JSON.parse(text) as Partial<CorpusDocument> | null;
  } catch (cause) {
    throw new CorpusError('bad-source', `${where} is not JSON: give a documents.jsonl that corpus build made`, { cause });
  }
  if (typeof document?.question !== 'string' || typeof document.answer !== 'string' || !Array.isArray(document.passages)) {
    throw new CorpusError(
      'bad-source',
      `${where} is no document (question, answer, passages): give a documents.jsonl that corpus build made`,
    );
  }
  return document as CorpusDocument;
}

function plainRow(document: CorpusDocument): object {
  const { id, question, answer, aliases } = document;
  return { id, question, text: documentText(document), answer, aliases };
}

function trlRow(document: CorpusDocument): object {
  const { id, question, answer, aliases, answerType } = document;
  const content = `${documentText(document)}\n\n${question} ${INSTRUCTION}`;
  return { prompt: [{ role: 'user', content }], answer, aliases, id, answerType };
}

interface VerlRow {
  readonly data_source: string;
  readonly prompt: readonly { readonly role: string; readonly content: string }[];
  readonly context: string;
  readonly ability: string;
  readonly reward_model: { readonly style: string; readonly ground_truth: readonly string[] };
  readonly extra_info: {
    readonly index: bigint;
    readonly split: string;
    readonly question: string;
    readonly num_docs: bigint;
    readonly id: string;
  };
}

function verlRow(document: CorpusDocument, index: number, { dataSource = 'memtrain', split = 'train' }: ExportDocumentsOptions): VerlRow {
  const { id, question, answer, aliases, passages } = document;
  return {
    data_source: dataSource,
    prompt: [{ role: 'user', content: question }],
    context: documentText(document),
    ability: 'memory',
    reward_model: { style: 'rule', ground_truth: [answer, ...aliases] },
    extra_info: { index: BigInt(index), split, question, num_docs: BigInt(passages.length), id },
  };
}

function columnsOf(rows: readonly VerlRow[]): ColumnSource[] {
  const names = ['data_source', 'prompt', 'context', 'ability', 'reward_model', 'extra_info'] as const;
  return names.map((name) => ({ name, data: rows.map((row) => row[name]) }));
}

/** Columns as pyarrow would write them: lists in three levels. */
function verlSchema(): SchemaElement[] {
  const text = (name: string): SchemaElement => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' });
  const whole = (name: string): SchemaElement => ({ name, type: 'INT64', repetition_type: 'REQUIRED' });
  const group = (name: string, children: number): SchemaElement => ({ name, num_children: children, repetition_type: 'REQUIRED' });
  const list = (name: string): SchemaElement[] => [
    { name, num_children: 1, repetition_type: 'REQUIRED', converted_type: 'LIST' },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  ];
  return [
    { name: 'root', num_children: 6 },
    text('data_source'),
    ...list('prompt'),
    group('element', 2),
    text('role'),
    text('content'),
    text('context'),
    text('ability'),
    group('reward_model', 2),
    text('style'),
    ...list('ground_truth'),
    text('element'),
    group('extra_info', 5),
    whole('index'),
    text('split'),
    text('question'),
    whole('num_docs'),
    text('id'),
  ];
}
