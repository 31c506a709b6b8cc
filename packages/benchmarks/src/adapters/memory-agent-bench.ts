import { basename } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { z } from 'zod';
import { BenchmarkError } from '../errors.ts';
import type { BenchmarkItem } from '../items/benchmark-item.ts';
import { checkRecord } from '../items/check-record.ts';
import { readRecords } from '../items/read-records.ts';
import { storedString } from '../items/stored-string.ts';
import type { Adapter } from './adapter.ts';

const record = z.object({
  context: z.string(),
  questions: z.array(z.string()),
  answers: z.array(z.array(z.string()).min(1)),
  metadata: z.object({ source: z.string().nullish(), qa_pair_ids: z.array(z.string()).nullish() }).nullish(),
});

interface Row {
  readonly value: unknown;
  open(): AsyncIterable<string> | Promise<string>;
}

/**
 * MemoryAgentBench: parquet of its splits (Accurate_Retrieval, Test_Time_Learning, Long_Range_Understanding, Conflict_Resolution), or the
 * same rows as JSON. A row has one context and many questions; each question is an item, which reads the context anew.
 */
export const memoryAgentBench: Adapter = {
  title: 'MemoryAgentBench, parquet or JSON of its four splits',
  headline: 'sub-em',
  async *items(path) {
    let number = 0;
    for await (const row of path.endsWith('.parquet') ? parquetRows(path) : jsonRows(path)) {
      const place = `${path}, row ${number++}`;
      const found = checkRecord(record, row.value, place);
      const { questions, answers, metadata, context } = found;
      if (questions.length !== answers.length) {
        throw new BenchmarkError('bad-data', `${place}: ${questions.length} questions and ${answers.length} answers: download it again`);
      }
      const group = metadata?.source ?? basename(path);
      for (const [index, question] of questions.entries()) {
        const item: BenchmarkItem = {
          id: metadata?.qa_pair_ids?.[index] ?? `${group}/${number - 1}/${index}`,
          question,
          gold: { kind: 'any', answers: answers[index]! },
          group,
          text: { characters: context.length, open: row.open },
        };
        yield item;
      }
    }
  },
};

async function* jsonRows(path: string): AsyncGenerator<Row> {
  for await (const { value, start, end } of readRecords(path)) {
    yield { value, open: () => storedString(path, { start, end, field: 'context' }) };
  }
}

async function* parquetRows(path: string): AsyncGenerator<Row> {
  const file = await asyncBufferFromFile(path);
  const fail = (cause: Error): never => {
    throw new BenchmarkError('bad-data', `${path} cannot be read as parquet (${cause.message}): download it again`, { cause });
  };
  const metadata = await parquetMetadataAsync(file).catch(fail);
  const read = (from: number, to: number, columns?: string[]): Promise<Record<string, unknown>[]> =>
    parquetReadObjects({ file, metadata, rowStart: from, rowEnd: to, ...(columns ? { columns } : {}) }).catch(fail);
  const count = Number(metadata.num_rows);
  // All questions of a row are asked one after the other: the last context is kept.
  let last: { readonly row: number; readonly context: Promise<string> } | undefined;
  for (let row = 0; row < count; row++) {
    const [value] = await read(row, row + 1);
    const open = (): Promise<string> => {
      if (last?.row !== row) last = { row, context: read(row, row + 1, ['context']).then(([found]) => found!['context'] as string) };
      return last.context;
    };
    yield { value, open };
  }
}
