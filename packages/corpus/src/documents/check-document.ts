import type { EntityKind } from '../entities/entity.ts';
import { findOccurrences, occurrencePattern } from '../masking/occurrences.ts';
import type { Manifest } from './manifest.ts';

/** A problem of one document: the field's path and what is wrong. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

const KINDS: readonly EntityKind[] = [
  'person',
  'place',
  'organisation',
  'work',
  'event',
  'taxon',
  'date',
  'time',
  'number',
  'quantity',
  'money',
  'percent',
  'other',
];
const ROLES = ['pivot', 'related', 'random'];

type Fields = Record<string, unknown>;

/** Problems of one parsed line, in the order of its fields. */
export function checkDocument(record: unknown, options?: Manifest['options']): FieldProblem[] {
  if (!isFields(record)) return [{ field: '', message: 'must be an object' }];
  const problems: FieldProblem[] = [];
  const expect = (holds: boolean, field: string, message: string): boolean => {
    if (!holds) problems.push({ field, message });
    return holds;
  };
  expect(isText(record['id']), 'id', 'must be a non-empty string');
  const mask = record['mask'];
  const answer = record['answer'];
  const aliases = record['aliases'];
  const kind = record['kind'] as EntityKind;
  const hasMask = expect(isText(mask), 'mask', 'must be a non-empty string');
  const hasAnswer = expect(isText(answer), 'answer', 'must be a non-empty string');
  const hasAliases = expect(Array.isArray(aliases) && aliases.every(isText), 'aliases', 'must be a list of non-empty strings');
  const hasKind = expect(KINDS.includes(kind), 'kind', `must be one of ${KINDS.join(', ')}`);
  for (const field of ['occurrences', 'maskedPassages'])
    expect(isCount(record[field]) && record[field] !== 0, field, 'must be a whole number of at least 1');
  expect(Number.isSafeInteger(record['seed']), 'seed', 'must be a whole number');
  expect(isFields(record['provenance']) && isText(record['provenance']['source']), 'provenance.source', 'must be a non-empty string');
  const passages = record['passages'];
  if (!expect(Array.isArray(passages) && passages.length > 0, 'passages', 'must be a non-empty list')) return problems;
  const list = passages as unknown[];
  const isSound = list.map((passage, i) => checkPassage(passage, `passages[${i}]`, expect)).every(Boolean);
  if (!isSound || !hasMask || !hasAnswer || !hasAliases || !hasKind) return problems;
  const sound = list as { role: string; title: string; text: string }[];
  checkRoles(sound, options, expect);
  checkMasks(sound, { mask: mask as string, spellings: [answer as string, ...(aliases as string[])], kind, record }, expect);
  return problems;
}

type Expect = (holds: boolean, field: string, message: string) => boolean;

function checkPassage(passage: unknown, path: string, expect: Expect): boolean {
  if (!expect(isFields(passage), path, 'must be an object')) return false;
  const fields = passage as Fields;
  return [
    expect(ROLES.includes(fields['role'] as string), `${path}.role`, `must be one of ${ROLES.join(', ')}`),
    expect(isText(fields['title']), `${path}.title`, 'must be a non-empty string'),
    expect(isText(fields['text']), `${path}.text`, 'must be a non-empty string'),
    expect(isCount(fields['pageId']), `${path}.pageId`, 'must be a whole number of at least 0'),
    expect(isCount(fields['revisionId']), `${path}.revisionId`, 'must be a whole number of at least 0'),
  ].every(Boolean);
}

function checkRoles(passages: readonly { role: string }[], options: Manifest['options'] | undefined, expect: Expect): void {
  const count = (role: string): number => passages.filter((passage) => passage.role === role).length;
  expect(count('pivot') === 1, 'passages', `must hold exactly 1 pivot, has ${count('pivot')}`);
  if (!options) return;
  const expected = 1 + Number(options['related']) + Number(options['random']);
  expect(passages.length === expected, 'passages', `must be ${expected} as the manifest's options say, are ${passages.length}`);
  expect(
    count('related') <= Number(options['related']),
    'passages',
    `must hold at most ${options['related']} related ones, has ${count('related')}`,
  );
}

function checkMasks(
  passages: readonly { role: string; title: string; text: string }[],
  masked: { mask: string; spellings: readonly string[]; kind: EntityKind; record: Fields },
  expect: Expect,
): void {
  // Without the corpus at hand any word may be a common one: only the entity's own capitals count as a leak.
  const pattern = occurrencePattern(masked.spellings, { kind: masked.kind, isCommonWord: () => true });
  let occurrences = 0;
  let maskedPassages = 0;
  passages.forEach((passage, i) => {
    let own = 0;
    for (const part of ['title', 'text'] as const) {
      own += passage[part].split(masked.mask).length - 1;
      const [leak] = findOccurrences(passage[part], pattern);
      if (leak) expect(false, `passages[${i}].${part}`, `shows the answer: "${passage[part].slice(leak.start, leak.end)}"`);
    }
    occurrences += own;
    if (own > 0) maskedPassages++;
    if (passage.role === 'pivot') expect(own > 0, `passages[${i}]`, `the pivot must hold ${masked.mask}`);
  });
  expect(
    occurrences === masked.record['occurrences'],
    'occurrences',
    `says ${String(masked.record['occurrences'])}, the text holds ${occurrences}`,
  );
  expect(
    maskedPassages === masked.record['maskedPassages'],
    'maskedPassages',
    `says ${String(masked.record['maskedPassages'])}, the text holds ${maskedPassages}`,
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
