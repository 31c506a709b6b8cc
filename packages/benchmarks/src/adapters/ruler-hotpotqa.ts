import { basename } from 'node:path';
import { z } from 'zod';
import { BenchmarkError } from '../errors.ts';
import type { BenchmarkItem, ItemText } from '../items/benchmark-item.ts';
import { checkRecord } from '../items/check-record.ts';
import { readStoredValue } from '../items/json-array.ts';
import type { StoredPlace } from '../items/json-array.ts';
import { readRecords } from '../items/read-records.ts';
import { storedString } from '../items/stored-string.ts';
import type { Adapter } from './adapter.ts';
import { numberedDocuments, readHotpotDocuments } from './hotpot-documents.ts';
import type { HotpotDocuments } from './hotpot-documents.ts';

/** Lengths of MemAgent's files by their number of documents. */
export const lengthOfDocuments: Readonly<Record<number, string>> = {
  50: '7k',
  100: '14k',
  200: '28k',
  400: '56k',
  800: '112k',
  1600: '224k',
  3200: '448k',
  6400: '896k',
  12800: '1.75M',
  25600: '3.5M',
};

const record = z.object({
  context: z.union([z.string(), z.array(z.number().int().min(0)), z.object({ elidedBytes: z.number() })]),
  input: z.string(),
  answers: z.array(z.string()).min(1),
  num_docs: z.number().int().optional(),
  index: z.union([z.number(), z.string()]).optional(),
  /** Ours: numbers of the documents that hold the answer, from 1. */
  evidence: z.array(z.number().int().min(1)).optional(),
  /** Ours: name of the length. */
  length: z.string().optional(),
});
type RulerRecord = z.infer<typeof record>;

/** MemAgent's `eval_N.json`: RULER's layout over HotpotQA, with N documents; above 10,000 a context is a list of document numbers. */
export const rulerHotpotQa: Adapter = {
  title: 'RULER-HotpotQA, eval_{50..25600}.json of MemAgent, or made by synthetic-ruler-hqa',
  headline: 'boxed-strict',
  async *items(path, options) {
    let hotpot: HotpotDocuments | undefined;
    if (options.documents !== undefined) hotpot = await readHotpotDocuments(options.documents);
    let number = 0;
    for await (const { value, start, end } of readRecords(path, { elideOver: 1 << 20 })) {
      const found = checkRecord(record, value, `${path}, element ${++number}`);
      yield itemOf(found, { path, at: { start, end }, number, hotpot });
    }
  },
};

interface Place {
  readonly path: string;
  /** Where the element stands; the element itself is not kept. */
  readonly at: StoredPlace;
  readonly number: number;
  readonly hotpot: HotpotDocuments | undefined;
}

function itemOf(found: RulerRecord, place: Place): BenchmarkItem {
  const { input, answers, num_docs: documents, index = place.number - 1 } = found;
  const group =
    found.length ?? (documents === undefined ? basename(place.path) : (lengthOfDocuments[documents] ?? `${documents} documents`));
  const evidence = place.hotpot?.evidenceOf(input);
  const numbered = found.evidence;
  return {
    id: `${group}/${index}`,
    question: input,
    gold: { kind: 'any', answers },
    group,
    text: textOf(found.context, place),
    ...(evidence ? { evidence: () => evidence } : {}),
    ...(numbered ? { evidence: async () => pick(await contextOf(place), numbered) } : {}),
  };
}

function textOf(context: RulerRecord['context'], place: Place): ItemText {
  if (Array.isArray(context)) return listedText(context, place);
  // Bytes of JSON are a little more than characters: near enough for an estimate.
  return storedText(typeof context === 'string' ? context.length : context.elidedBytes, place);
}

const storedText = (characters: number, { path, at }: Place): ItemText => ({
  characters,
  open: () => storedString(path, { ...at, field: 'context' }),
});

/** The whole context of the element, read from the file again. */
async function contextOf({ path, at }: Place): Promise<string> {
  return ((await readStoredValue(path, at)) as { context: string }).context;
}

function listedText(ids: readonly number[], { path, number, hotpot }: Place): ItemText {
  if (!hotpot) {
    throw new BenchmarkError(
      'no-file',
      `${path} names its documents by number: download hotpot_dev_distractor_v1.json from the HotpotQA site and give it with --documents`,
    );
  }
  const { sorted } = hotpot;
  const outside = ids.find((id) => id >= sorted.length);
  if (outside !== undefined) {
    throw new BenchmarkError(
      'bad-data',
      `${path}, element ${number}: document ${outside} of ${sorted.length}: give the HotpotQA file that it was made from`,
    );
  }
  const texts = function* (): Generator<string> {
    for (const id of ids) yield sorted[id]!;
  };
  let characters = 0;
  for (const text of texts()) characters += text.length + 16;
  return {
    characters,
    open: async function* () {
      yield* numberedDocuments(texts());
    },
  };
}

function pick(context: string, numbers: readonly number[]): string[] {
  const documents = context.split(/(?:^|\n\n)Document \d+:\n/).slice(1);
  return numbers.flatMap((number) => documents[number - 1] ?? []);
}
