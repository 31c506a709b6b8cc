import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { BenchmarkError } from '../errors.ts';
import type { BenchmarkItem, GoldAnswers, ItemText } from '../items/benchmark-item.ts';
import { checkRecord } from '../items/check-record.ts';
import type { StoredPlace } from '../items/json-array.ts';
import { readRecords } from '../items/read-records.ts';
import { storedString } from '../items/stored-string.ts';
import type { Adapter } from './adapter.ts';

const texts = z.array(z.string().min(1)).min(1);

/** One line of a data set of your own. */
export const ownItemSchema: z.ZodType<OwnItem> = z
  .strictObject({
    id: z.union([z.string().min(1), z.number()]).optional(),
    question: z.string().min(1),
    /** Accepted answers: any of them is right. */
    answers: texts.optional(),
    /** Answers that must all be named. */
    all: texts.optional(),
    /** Several questions at once: the accepted answers of each, in order; the model answers `answer1; answer2`. */
    each: z.array(texts).min(1).optional(),
    text: z.string().optional(),
    /** A UTF-8 file instead of `text`, its path relative to this one's folder. */
    file: z.string().min(1).optional(),
    evidence: texts.optional(),
    group: z.string().min(1).optional(),
  })
  .refine((item) => [item.answers, item.all, item.each].filter(Boolean).length === 1, {
    error: 'give exactly one of "answers", "all", "each"',
    path: ['answers'],
  })
  .refine((item) => item.text === undefined || item.file === undefined, { error: 'give "text" or "file", not both', path: ['file'] });

/** A question of your own, as a line of JSON. */
export interface OwnItem {
  readonly id?: string | number | undefined;
  readonly question: string;
  readonly answers?: readonly string[] | undefined;
  readonly all?: readonly string[] | undefined;
  readonly each?: readonly (readonly string[])[] | undefined;
  readonly text?: string | undefined;
  readonly file?: string | undefined;
  readonly evidence?: readonly string[] | undefined;
  readonly group?: string | undefined;
}

/** Your own questions as JSON lines. */
export const ownItems: Adapter = {
  title: 'questions of your own, JSON lines {question, answers, text?, ...}',
  headline: 'em',
  async *items(path) {
    let number = 0;
    for await (const { value, start, end } of readRecords(path)) {
      const place = `${path}, line ${++number}`;
      const found = checkRecord(ownItemSchema, value, place);
      const { evidence } = found;
      const text = await textOf(found, { path, place, at: { start, end } });
      const item: BenchmarkItem = {
        id: String(found.id ?? number),
        question: found.question,
        gold: goldOf(found),
        group: found.group ?? 'all',
        ...(text ? { text } : {}),
        ...(evidence ? { evidence: () => evidence } : {}),
      };
      yield item;
    }
  },
};

function goldOf({ answers, all, each }: OwnItem): GoldAnswers {
  if (each) return { kind: 'each', answers: each };
  return all ? { kind: 'all', answers: all } : { kind: 'any', answers: answers! };
}

async function textOf(
  { text, file }: OwnItem,
  from: { readonly path: string; readonly place: string; readonly at: StoredPlace },
): Promise<ItemText | undefined> {
  if (text !== undefined) {
    const { path, at } = from;
    return { characters: text.length, open: () => storedString(path, { ...at, field: 'text' }) };
  }
  if (file === undefined) return undefined;
  const found = resolve(dirname(from.path), file);
  try {
    return { characters: (await stat(found)).size, open: () => ({ file: found }) };
  } catch (cause) {
    throw new BenchmarkError('no-file', `${from.place}: field file: ${found} cannot be read: put the text there`, { cause });
  }
}
