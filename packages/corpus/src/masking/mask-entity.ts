import type { Entity } from '../entities/entity.ts';
import type { Span } from '../passages/sentences.ts';
import { countWords } from '../passages/words.ts';
import { findLeaks } from './find-leaks.ts';
import { foldText } from './fold-key.ts';
import type { FoldedText } from './fold-key.ts';
import { nameForms } from './name-forms.ts';
import { findOccurrences, occurrencePattern } from './occurrences.ts';
import { MASK } from './placeholders.ts';

/** What masking reads of a passage; both parts are masked. */
export interface MaskedText {
  readonly title: string;
  readonly text: string;
}

export interface MaskRules {
  /** True for words that the corpus also writes in lower case (`Truecase.isCommonWord`). Default: none are. */
  readonly isCommonWord?: (word: string) => boolean;
  /** Fewest passages that must hold the entity; 1 is the paper's plain rule. Default 2. */
  readonly minPassages?: number;
  /** Fewest and most occurrences in the document. Default 1 and 40. */
  readonly minOccurrences?: number;
  readonly maxOccurrences?: number;
  /** Largest share of the words that may be masked (10 places are always allowed). Default 0.005. */
  readonly maxShare?: number;
  /** What to do with an entity that stays readable at the start of longer words ("Islamic"). Default `reject`. */
  readonly softLeaks?: 'reject' | 'keep';
  /** What to do with a person whose surname others in the document share. Default `reject`. */
  readonly sharedSurname?: 'reject' | 'keep';
}

/** Why an entity makes no question in this document. */
export type MaskRefusal =
  | 'too-few-passages'
  | 'too-few-occurrences'
  | 'too-many-occurrences'
  | 'soft-leak'
  | 'shared-surname'
  | 'leak'
  | 'placeholder-in-text'
  | 'not-in-pivot';

export type MaskResult<T extends MaskedText> =
  | { readonly refused: MaskRefusal }
  | {
      readonly refused?: never;
      readonly passages: readonly T[];
      /** What the placeholders stand for, in order: passage by passage, the title before the text. */
      readonly surfaces: readonly string[];
      /** Number of places masked. */
      readonly occurrences: number;
      /** Number of passages with at least one mask. */
      readonly maskedPassages: number;
      /** Every other spelling that was masked too, the surname of a person included. */
      readonly aliases: readonly string[];
    };

/** Titles and texts folded once, for trying several entities on the same passages. */
export interface FoldedPassages<T extends MaskedText> {
  readonly passages: readonly T[];
  /** Title and text of each passage in turn. */
  readonly parts: readonly FoldedText[];
  readonly words: number;
}

/** Prepares passages for `maskEntity`. */
export function foldPassages<T extends MaskedText>(passages: readonly T[]): FoldedPassages<T> {
  const parts = passages.flatMap(({ title, text }) => [foldText(title), foldText(text)]);
  return { passages, parts, words: parts.reduce((sum, { text }) => sum + countWords(text), 0) };
}

/**
 * Replaces every occurrence of one entity (and of its aliases) by `[MASK]`, in titles and texts: at word borders, accents, dashes and
 * quotes folded, possessive and plural endings left outside. Texts with placeholders of their own are refused: see `escapePlaceholders`.
 * The result is searched once more by `findLeaks`; an entity that is still readable anywhere is refused.
 */
export function maskEntity<T extends MaskedText>(
  source: readonly T[] | FoldedPassages<T>,
  entity: Pick<Entity, 'text' | 'kind' | 'aliases'>,
  rules: MaskRules = {},
): MaskResult<T> {
  const {
    minPassages = 2,
    minOccurrences = 1,
    maxOccurrences = 40,
    maxShare = 0.005,
    softLeaks = 'reject',
    sharedSurname = 'reject',
  } = rules;
  const isCommonWord = rules.isCommonWord ?? (() => false);
  const { passages, parts, words } = 'parts' in source ? source : foldPassages(source);
  const forms = nameForms(entity, parts, isCommonWord);
  if (forms.isShared && sharedSurname === 'reject') return { refused: 'shared-surname' };
  const aliases = [...new Set([...entity.aliases, ...forms.aliases])].filter(
    (alias) => alias !== entity.text && !/MASK|TARGET/i.test(alias),
  );
  const pattern = occurrencePattern([entity.text, ...aliases], { kind: entity.kind, isCommonWord });

  const most = Math.min(maxOccurrences, Math.max(10, Math.floor(maxShare * words)));
  let maskedPassages = 0;
  const surfaces: string[] = [];
  const masked: T[] = [];
  for (const [i, passage] of passages.entries()) {
    if (passage.title.includes(MASK) || passage.text.includes(MASK)) return { refused: 'placeholder-in-text' };
    const inTitle = findOccurrences(parts[2 * i]!, pattern);
    const inText = findOccurrences(parts[2 * i + 1]!, pattern);
    if (inTitle.length + inText.length === 0) {
      masked.push(passage);
      continue;
    }
    maskedPassages++;
    const title = replace(passage.title, inTitle, surfaces);
    masked.push({ ...passage, title, text: replace(passage.text, inText, surfaces) });
    if (surfaces.length > most) return { refused: 'too-many-occurrences' };
  }
  if (maskedPassages < minPassages) return { refused: 'too-few-passages' };
  if (surfaces.length < minOccurrences) return { refused: 'too-few-occurrences' };
  const leaks = findLeaks(masked, { answer: entity.text, aliases, kind: entity.kind, isCommonWord });
  if (leaks.some(({ form }) => form === 'word')) return { refused: 'leak' };
  if (softLeaks === 'reject' && leaks.some(({ form }) => form === 'longer-word')) return { refused: 'soft-leak' };
  return { passages: masked, surfaces, occurrences: surfaces.length, maskedPassages, aliases };
}

/** The passages as they were before `maskEntity`. `surfaces` as it gave them. */
export function unmask<T extends MaskedText>(passages: readonly T[], surfaces: readonly string[]): T[] {
  let next = 0;
  const restore = (text: string): string => text.replaceAll(MASK, () => surfaces[next++] ?? MASK);
  return passages.map((passage) => {
    const title = restore(passage.title);
    return { ...passage, title, text: restore(passage.text) };
  });
}

function replace(text: string, spans: readonly Span[], surfaces: string[]): string {
  let result = '';
  let from = 0;
  for (const { start, end } of spans) {
    result += text.slice(from, start) + MASK;
    surfaces.push(text.slice(start, end));
    from = end;
  }
  return result + text.slice(from);
}
