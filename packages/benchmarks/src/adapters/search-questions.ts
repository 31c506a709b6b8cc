import { z } from 'zod';
import type { BenchmarkItem } from '../items/benchmark-item.ts';
import { checkRecord } from '../items/check-record.ts';
import { readRecords } from '../items/read-records.ts';
import type { Adapter } from './adapter.ts';
import { documentText, evidenceIn, hotpotRecord } from './hotpot-documents.ts';

const answers = z.union([z.string(), z.array(z.string()).min(1)]).transform((given) => (typeof given === 'string' ? [given] : given));

const record = z
  .object({
    id: z.union([z.string(), z.number()]).optional(),
    _id: z.string().optional(),
    question: z.string().optional(),
    Question: z.string().optional(),
    golden_answers: answers.optional(),
    answers: answers.optional(),
    answer: answers.optional(),
    metadata: z.unknown().optional(),
  })
  .refine((row) => row.question !== undefined || row.Question !== undefined, { error: 'there is no question', path: ['question'] })
  .refine((row) => (row.golden_answers ?? row.answers ?? row.answer) !== undefined, {
    error: 'there are no answers',
    path: ['golden_answers'],
  });

/**
 * Questions without a text, to be answered by searching: FlashRAG's JSON lines `{id, question, golden_answers}`, and the other spellings
 * that the data sets' own files have (`answer`, `answers`, `Question`, `_id`; a JSON array). HotpotQA's own file brings its evidence.
 */
export function searchQuestions(title: string): Adapter {
  return {
    title: `${title}, FlashRAG’s JSON lines`,
    headline: 'em',
    async *items(path) {
      let number = 0;
      for await (const { value } of readRecords(path)) {
        const found = checkRecord(record, value, `${path}, record ${++number}`);
        const { id = found['_id'] ?? number - 1 } = found;
        const evidence = evidenceOf(value);
        yield {
          id: String(id),
          question: (found.question ?? found.Question)!,
          gold: { kind: 'any', answers: (found.golden_answers ?? found.answers ?? found.answer)! },
          group: 'all',
          ...(evidence.length > 0 ? { evidence: () => evidence } : {}),
        };
      }
    },
  };
}

/** HotpotQA's questions, each with its ten paragraphs as the text. */
export const hotpotQaDistractor: Adapter = {
  title: 'HotpotQA with its ten paragraphs, hotpot_dev_distractor_v1.json',
  headline: 'em',
  async *items(path) {
    let number = 0;
    for await (const { value } of readRecords(path)) {
      const found = checkRecord(hotpotRecord, value, `${path}, record ${++number}`);
      const { _id: id = String(number - 1), context } = found;
      const text = context.map(documentText).join('\n\n');
      const item: BenchmarkItem = {
        id,
        question: found.question,
        gold: { kind: 'any', answers: [found.answer] },
        group: 'all',
        text: { characters: text.length, open: () => text },
        evidence: () => evidenceIn(found),
      };
      yield item;
    }
  },
};

/** FlashRAG's layout of HotpotQA's and 2Wiki's paragraphs. */
const flashRagContext = z.object({
  metadata: z.object({
    context: z.object({
      title: z.array(z.string()),
      sentences: z.array(z.array(z.string())).optional(),
      content: z.array(z.array(z.string())).optional(),
    }),
    supporting_facts: z.object({ title: z.array(z.string()) }),
  }),
});

function evidenceOf(value: unknown): readonly string[] {
  const own = hotpotRecord.safeParse(value);
  if (own.success) return evidenceIn(own.data);
  const nested = flashRagContext.safeParse(value);
  if (!nested.success) return [];
  const { context, supporting_facts: facts } = nested.data.metadata;
  const sentences = context.sentences ?? context.content ?? [];
  const paragraphs = context.title.map((title, index) => [title, sentences[index] ?? []] as const);
  return paragraphs.filter(([title]) => facts.title.includes(title)).map(documentText);
}
