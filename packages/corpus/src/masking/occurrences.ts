import { isNumericKind } from '../entities/entity.ts';
import type { EntityKind } from '../entities/entity.ts';
import type { Span } from '../passages/sentences.ts';
import { foldKey } from './fold-key.ts';

/** Patterns over folded text (`foldKey`) for every spelling of an entity. */
export interface OccurrencePattern {
  /** Whole occurrences, suffixes ('s, plural s) left outside. */
  readonly whole: readonly RegExp[];
  /** The entity as the beginning of a longer word ("Islamic" for Islam): what a boundary-aware mask leaves readable. */
  readonly soft: RegExp | undefined;
}

export interface OccurrencePatternOptions {
  readonly kind: EntityKind;
  /** True for words that the corpus also writes in lower case; a name made of such words is matched with its capitals only. */
  readonly isCommonWord: (word: string) => boolean;
}

/** Scripts written without spaces have no word borders. */
const NO_BORDERS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const LETTER_OR_DIGIT = /[\p{L}\p{N}\p{M}]/u;
const LEFT = '(?<![\\p{L}\\p{N}\\p{M}])';
const RIGHT = '(?![\\p{L}\\p{N}\\p{M}])';

/** Compiles the spellings (the entity first, then its aliases), longest first. */
export function occurrencePattern(spellings: readonly string[], options: OccurrencePatternOptions): OccurrencePattern {
  const keys = [...new Set(spellings.map((spelling) => foldKey(spelling.trim())))].filter((key) => key !== '').toSorted((a, b) => b.length - a.length);
  const exact: string[] = [];
  const anyCase: string[] = [];
  for (const key of keys) {
    if (!isNumericKind(options.kind) && hasOwnWord(key, options.isCommonWord)) anyCase.push(bounded(key, options.kind));
    else exact.push(bounded(key, options.kind), ...(key === key.toUpperCase() ? [] : [bounded(key.toUpperCase(), options.kind)]));
  }
  const first = keys.find((key) => key === foldKey(spellings[0]!.trim()));
  const letters = first?.match(/\p{L}/gu)?.length ?? 0;
  const soft = !isNumericKind(options.kind) && first && letters >= 5 && !NO_BORDERS.test(first);
  return {
    whole: [
      ...(exact.length > 0 ? [new RegExp(exact.join('|'), 'gu')] : []),
      ...(anyCase.length > 0 ? [new RegExp(anyCase.join('|'), 'giu')] : []),
    ],
    soft: soft ? new RegExp(`${LEFT}${escapeKey(first)}(?=[\\p{L}\\p{N}\\p{M}])`, 'gu') : undefined,
  };
}

/** Occurrences in a text, in order, without overlaps; the longer of two at one place. */
export function findOccurrences(text: string, pattern: OccurrencePattern): Span[] {
  const key = foldKey(text);
  const found = pattern.whole
    .flatMap((expression) => [...key.matchAll(expression)].map((match) => ({ start: match.index, end: match.index + match[0].length })))
    .toSorted((a, b) => a.start - b.start || b.end - a.end);
  const spans: Span[] = [];
  for (const span of found) if (span.start >= (spans.at(-1)?.end ?? 0)) spans.push(span);
  return spans;
}

/** A name that no common words make up cannot mean anything else in lower case. */
function hasOwnWord(key: string, isCommonWord: (word: string) => boolean): boolean {
  const words = key.match(/[\p{L}\p{M}]{3,}/gu) ?? [];
  return words.length > 0 && words.some((word) => !isCommonWord(word)) && key !== key.toUpperCase();
}

function bounded(key: string, kind: EntityKind): string {
  const first = key.match(/^./su)![0];
  const last = key.match(/.$/su)![0];
  const isNumeric = isNumericKind(kind);
  let left = '';
  let right = '';
  if (LETTER_OR_DIGIT.test(first) && !NO_BORDERS.test(first)) {
    left = LEFT;
    // 19 is not in 1.19, 19:30 or 3,019; nor a cardinal in COVID-19.
    if (/\p{N}/u.test(first)) left += '(?<!\\p{N}[.,:/])';
    if (kind === 'number') left += '(?<!\\p{L}-)';
  }
  if (LETTER_OR_DIGIT.test(last) && !NO_BORDERS.test(last)) {
    right = RIGHT;
    if (/\p{N}/u.test(last)) right += '(?![.,:/]\\p{N})';
    // The plural of a name names it too: "Habsburgs" -> "[MASK]s".
    else if (!isNumeric && key.length >= 4) right = `(?=s?${RIGHT})`;
  }
  return left + escapeKey(key) + right;
}

function escapeKey(key: string): string {
  return key.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replace(/\s+/g, '\\s+');
}
