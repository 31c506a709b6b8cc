import { z } from 'zod';
import { ENTITY_KINDS } from '../entities/entity.ts';
import type { CorpusDocument } from './document.ts';

const text = z.string('must be a non-empty string').min(1, 'must be a non-empty string');
const count = z.number('must be a whole number').int('must be a whole number').min(0, 'must be a whole number of at least 0');
const kind = z.enum(ENTITY_KINDS, `must be one of ${ENTITY_KINDS.join(', ')}`);

const passage = z.object(
  {
    id: text,
    role: z.enum(['pivot', 'related', 'random', 'revision'], 'must be pivot, related, random or revision'),
    // A dataset of texts alone has no titles.
    title: z.string('must be a string'),
    text,
    pageId: count,
    revisionId: count,
  },
  'must be an object',
);

const chunk = z.object({ start: count, end: count, tokens: count, entities: z.array(z.object({ text, type: kind })) }, 'must be an object');

/** What every line of `documents.jsonl` is; fields beside these are left alone. See `CorpusDocument` for what they mean. */
export const documentSchema: z.ZodType<CorpusDocument> = z
  .object(
    {
      id: text,
      source: text,
      seed: z.number('must be a whole number').int('must be a whole number'),
      task: z.enum(['mask', 'revision'], 'must be mask or revision'),
      question: text,
      answer: text,
      aliases: z.array(text, 'must be a list of non-empty strings'),
      answerType: kind,
      mask: text,
      occurrences: count,
      maskedPassages: count,
      surfaces: z.array(text, 'must be a list of non-empty strings'),
      pivot: z.object({ passage: text, start: count, end: count }, 'must be an object'),
      foundBy: z.enum(['link', 'capitals', 'pattern', 'wink', 'model', 'import'], 'must name what found the entity'),
      superseded: z.array(text).optional(),
      passages: z.array(passage, 'must be a non-empty list').min(1, 'must be a non-empty list'),
      tokens: z.object({ total: count, exact: z.boolean(), counter: text }, 'must be an object'),
      chunks: z.array(chunk, 'must be a list'),
    },
    'must be an object',
  )
  .loose() as unknown as z.ZodType<CorpusDocument>;

/** `documentSchema` as JSON Schema (draft 2020-12), for other languages. */
export function documentJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(documentSchema), title: 'A document of memtrain corpus build' };
}
