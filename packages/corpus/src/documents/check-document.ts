import { findLeaks } from '../masking/find-leaks.ts';
import type { CorpusDocument } from './document.ts';
import { documentText } from './document.ts';
import { documentSchema } from './document-schema.ts';

/** A problem of one document: the field's path and what is wrong. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

export interface CheckDocumentOptions {
  /** Most related and random passages, when known. */
  readonly related?: number;
  readonly random?: number;
}

/** Problems of one parsed line: those of the schema, or else those of its parts together. No problem: an empty list. */
export function checkDocument(record: unknown, options: CheckDocumentOptions = {}): FieldProblem[] {
  const parsed = documentSchema.safeParse(record);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => ({
      field: path.map((key, i) => (typeof key === 'number' ? `[${key}]` : (i > 0 ? '.' : '') + String(key))).join(''),
      message,
    }));
  }
  const document = parsed.data;
  return [
    ...roleProblems(document, options),
    ...chunkProblems(document),
    ...(document.task === 'mask' ? maskProblems(document) : revisionProblems(document)),
  ];
}

function roleProblems({ passages }: CorpusDocument, { related, random }: CheckDocumentOptions): FieldProblem[] {
  const count = (role: string): number => passages.filter((passage) => passage.role === role).length;
  const problems: FieldProblem[] = [];
  if (count('pivot') !== 1) problems.push({ field: 'passages', message: `must hold exactly 1 pivot, has ${count('pivot')}` });
  if (related !== undefined && count('related') > related)
    problems.push({ field: 'passages', message: `must hold at most ${related} related ones, has ${count('related')}` });
  // Random passages fill up missing related ones.
  if (related !== undefined && random !== undefined && count('related') + count('random') > related + random) {
    const message = `must hold at most ${related + random} beside the pivot, has ${count('related') + count('random')}`;
    problems.push({ field: 'passages', message });
  }
  return problems;
}

function chunkProblems(document: CorpusDocument): FieldProblem[] {
  const text = documentText(document);
  const problems: FieldProblem[] = [];
  let last = 0;
  document.chunks.forEach(({ start, end, entities }, i) => {
    if (start !== last || end <= start)
      problems.push({ field: `chunks[${i}]`, message: `must go on at ${last}, goes from ${start} to ${end}` });
    last = end;
    const own = text.slice(start, end);
    const absent = entities.find((entity) => !own.includes(entity.text));
    if (absent) problems.push({ field: `chunks[${i}].entities`, message: `"${absent.text}" does not stand in the chunk` });
    if (splitsMask(text, start, document.mask)) problems.push({ field: `chunks[${i}]`, message: 'starts inside a placeholder' });
  });
  if (document.chunks.length > 0 && last !== text.length)
    problems.push({ field: 'chunks', message: `end at ${last}, the text at ${text.length}` });
  return problems;
}

function splitsMask(text: string, at: number, mask: string): boolean {
  return text.slice(Math.max(0, at - mask.length + 1), at + mask.length - 1).includes(mask);
}

function maskProblems(document: CorpusDocument): FieldProblem[] {
  const { passages, mask, answer, aliases, answerType } = document;
  const problems: FieldProblem[] = [];
  const counts = passages.map(({ title, text }) => `${title}\n${text}`.split(mask).length - 1);
  const occurrences = counts.reduce((sum, one) => sum + one, 0);
  const maskedPassages = counts.filter((one) => one > 0).length;
  if (occurrences === 0) problems.push({ field: 'passages', message: `must hold ${mask}` });
  if (occurrences !== document.occurrences)
    problems.push({ field: 'occurrences', message: `says ${document.occurrences}, the text holds ${occurrences}` });
  if (maskedPassages !== document.maskedPassages)
    problems.push({ field: 'maskedPassages', message: `says ${document.maskedPassages}, the text holds ${maskedPassages}` });
  if (document.surfaces.length !== occurrences)
    problems.push({ field: 'surfaces', message: `has ${document.surfaces.length}, the text holds ${occurrences} placeholders` });
  passages.forEach(({ role }, i) => {
    if (role === 'pivot' && counts[i] === 0) problems.push({ field: `passages[${i}]`, message: `the pivot must hold ${mask}` });
  });
  for (const { passage, field, form, excerpt } of findLeaks(passages, { answer, aliases, kind: answerType })) {
    if (form === 'word') problems.push({ field: `passages[${passage}].${field}`, message: `shows the answer: "${excerpt}"` });
  }
  return problems;
}

function revisionProblems(document: CorpusDocument): FieldProblem[] {
  const { passages, answer, aliases, answerType, superseded } = document;
  const problems: FieldProblem[] = [];
  const last = passages.findLastIndex(({ role }) => role === 'revision');
  const pivot = passages.findIndex(({ role }) => role === 'pivot');
  if (!superseded || superseded.length === 0) problems.push({ field: 'superseded', message: 'must hold the earlier values' });
  if (last < 0) return [...problems, { field: 'passages', message: 'must hold a correction (role revision)' }];
  if (passages.findIndex(({ role }) => role === 'revision') < pivot)
    problems.push({ field: `passages[${last}]`, message: 'a correction must come after the pivot' });
  if (!passages[last]!.text.includes(answer))
    problems.push({ field: `passages[${last}].text`, message: 'the last correction must give the answer' });
  for (const { passage, field, form, excerpt } of findLeaks(passages, { answer, aliases, kind: answerType })) {
    if (form === 'word' && passage !== last)
      problems.push({ field: `passages[${passage}].${field}`, message: `gives the answer before the last correction: "${excerpt}"` });
  }
  return problems;
}
