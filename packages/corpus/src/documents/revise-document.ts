import { isNumericKind } from '../entities/entity.ts';
import type { Entity } from '../entities/entity.ts';
import { foldText } from '../masking/fold-key.ts';
import { findOccurrences, occurrencePattern } from '../masking/occurrences.ts';
import { MASK } from '../masking/placeholders.ts';
import { countWords } from '../passages/words.ts';
import { sentences } from '../passages/sentences.ts';
import type { Random } from '../random.ts';

export interface ReviseOptions {
  /** Entities of the pivot in the order in which to try them, and entities of other passages: those give the new values. */
  readonly entities: readonly Entity[];
  readonly strangers: readonly Entity[];
  readonly random: Random;
  /** Spellings already asked for. */
  readonly exclude: ReadonlySet<string>;
}

/** A fact of the pivot and its corrections. */
export interface Revision {
  readonly entity: Entity;
  readonly question: string;
  /** Values in order: the original, then one of each correction. The last is the answer. */
  readonly values: readonly Entity[];
  /** Texts of the corrections, in order. */
  readonly corrections: readonly string[];
}

const FEWEST_WORDS = 8;
const MOST_WORDS = 60;

/**
 * Takes a sentence of the pivot that names an entity once, and one or two other entities of its kind that the document does not name:
 * "Correction: " and the sentence with the new value. Undefined when the pivot has no such sentence, or no stranger fits.
 */
export function reviseFact(
  pivot: { readonly text: string },
  passages: readonly { readonly title: string; readonly text: string }[],
  options: ReviseOptions,
): Revision | undefined {
  const { entities, strangers, random, exclude } = options;
  const folded = passages.flatMap(({ title, text }) => [foldText(title), foldText(text)]);
  const isAbsent = (entity: Entity): boolean => {
    const pattern = occurrencePattern([entity.text, ...entity.aliases], { kind: entity.kind, isCommonWord: () => false });
    return folded.every((part) => findOccurrences(part, pattern).length === 0);
  };
  for (const entity of entities) {
    if (entity.kind === 'other') continue;
    const sentence = sentences(pivot.text).find(({ start, end }) => start <= entity.start && entity.end <= end);
    if (!sentence || exclude.has(entity.text)) continue;
    const text = pivot.text.slice(sentence.start, sentence.end);
    const words = countWords(text);
    const pattern = occurrencePattern([entity.text, ...entity.aliases], { kind: entity.kind, isCommonWord: () => true });
    if (words < FEWEST_WORDS || words > MOST_WORDS || findOccurrences(text, pattern).length !== 1) continue;
    const wanted = 1 + random.integer(2);
    const values: Entity[] = [];
    for (const stranger of random.shuffle(strangers)) {
      if (values.length === wanted) break;
      const isLike = stranger.kind === entity.kind && (!isNumericKind(entity.kind) || shapeOf(stranger.text) === shapeOf(entity.text));
      const isNew = isLike && !values.some((value) => value.text === stranger.text);
      if (isNew && isAbsent(stranger)) values.push(stranger);
    }
    if (values.length === 0) continue;
    const withValue = (value: string): string =>
      text.slice(0, entity.start - sentence.start) + value + text.slice(entity.end - sentence.start);
    return {
      entity,
      question:
        `A statement of the article was corrected later in the article. What does ${MASK} stand for in its latest version? ` +
        `"${withValue(MASK)}"`,
      values: [entity, ...values],
      corrections: values.map((value) => `Correction: ${withValue(value.text)}`),
    };
  }
  return undefined;
}

/** A year for a year, a full date for a full date, a number of three digits for another. */
function shapeOf(text: string): string {
  return text.replace(/\p{N}/gu, '9').replace(/\p{L}+/gu, 'a');
}
