import { z } from 'zod';
import { checkRecord } from '../items/check-record.ts';
import { readRecords } from '../items/read-records.ts';

/** HotpotQA's own layout: ten titled paragraphs, and the titles of those that hold the answer. */
export const hotpotRecord: z.ZodType<HotpotRecord> = z.object({
  _id: z.string().optional(),
  question: z.string(),
  answer: z.string(),
  context: z.array(z.tuple([z.string(), z.array(z.string())])),
  supporting_facts: z.array(z.tuple([z.string(), z.number()])).optional(),
});

export interface HotpotRecord {
  readonly _id?: string | undefined;
  readonly question: string;
  readonly answer: string;
  readonly context: readonly (readonly [string, readonly string[]])[];
  readonly supporting_facts?: readonly (readonly [string, number])[] | undefined;
}

/** The documents that MemAgent's evaluation numbers. */
export interface HotpotDocuments {
  /** Title, newline, text: unique, in the order of code points. */
  readonly sorted: readonly string[];
  /** Documents with the supporting facts of a question; undefined for an unknown one. */
  evidenceOf(question: string): readonly string[] | undefined;
}

/** Reads all documents of a HotpotQA file (about 66,000 of the dev set, 45 MB). */
export async function readHotpotDocuments(path: string): Promise<HotpotDocuments> {
  const unique = new Set<string>();
  const evidence = new Map<string, readonly string[]>();
  let number = 0;
  for await (const { value } of readRecords(path)) {
    const record = checkRecord(hotpotRecord, value, `${path}, record ${++number}`);
    for (const paragraph of record.context) unique.add(documentText(paragraph));
    evidence.set(record.question, evidenceIn(record));
  }
  // Python sorts by code points, JavaScript by UTF-16 units: bytes of UTF-8 are in the order of code points.
  const sorted = [...unique].map((text) => Buffer.from(text)).sort((a, b) => a.compare(b));
  return { sorted: sorted.map((bytes) => bytes.toString('utf8')), evidenceOf: (question) => evidence.get(question) };
}

/** Title, newline, sentences joined. */
export const documentText = ([title, sentences]: readonly [string, readonly string[]]): string => `${title}\n${sentences.join('')}`;

/** The paragraphs that hold supporting facts; none where the record does not say. */
export function evidenceIn({ context, supporting_facts: facts = [] }: HotpotRecord): string[] {
  const titles = new Set(facts.map(([title]) => title));
  return context.filter(([title]) => titles.has(title)).map(documentText);
}

/** MemAgent's layout of a context: numbered from 1, a blank line between documents. */
export function* numberedDocuments(documents: Iterable<string>): Generator<string> {
  let number = 0;
  for (const text of documents) yield `${number++ === 0 ? '' : '\n\n'}Document ${number}:\n${text}`;
}
