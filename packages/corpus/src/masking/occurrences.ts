import { isNumericKind } from '../entities/entity.ts';
import type { EntityKind } from '../entities/entity.ts';
import type { Span } from '../passages/sentences.ts';
import { foldText, spanInText } from './fold-key.ts';
import type { FoldedText } from './fold-key.ts';

/** One way to write an entity, folded, and what may stand beside it. */
interface Spelling {
  /** Its words; any white space may stand between them, beside letters also hyphens ("Anhalt Zerbst", "15th-century"). */
  readonly words: readonly string[];
  readonly hyphens: boolean;
  readonly anyCase: boolean;
  readonly startsWith: 'letter' | 'digit' | 'symbol';
  readonly endsWith: 'letter' | 'digit' | 'symbol';
  /** A plural s may follow and stays outside: "Habsburgs" -> "[MASK]s". */
  readonly hasPlural: boolean;
  /** 19 is not in COVID-19. */
  readonly isCardinal: boolean;
}

/** Every spelling of an entity, ready to be looked for in texts. */
export interface OccurrencePattern {
  readonly spellings: readonly Spelling[];
}

export interface OccurrencePatternOptions {
  readonly kind: EntityKind;
  /** True for words that the corpus also writes in lower case; a name made of such words is matched with its capitals only. */
  readonly isCommonWord: (word: string) => boolean;
}

/** Scripts written without spaces have no word borders. */
const NO_BORDERS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const LETTER = /[\p{L}\p{M}]/u;
const DIGIT = /\p{N}/u;

/** Prepares the spellings: the entity first, then its aliases. */
export function occurrencePattern(spellings: readonly string[], options: OccurrencePatternOptions): OccurrencePattern {
  const keys = [...new Set(spellings.map((spelling) => foldText(spelling).key.trim()))].filter((key) => key !== '');
  const isNumeric = isNumericKind(options.kind);
  const prepared = keys.flatMap((key) => {
    if (isNumeric ? hasDigitAndWord(key) : hasOwnWord(key, options.isCommonWord)) return [prepare(key.toLowerCase(), options.kind, true)];
    const upper = key.toUpperCase();
    return [prepare(key, options.kind, false), ...(upper === key ? [] : [prepare(upper, options.kind, false)])];
  });
  return { spellings: prepared };
}

/** Occurrences in a text, in order, without overlaps; the longer of two that start at one place. */
export function findOccurrences(text: string | FoldedText, pattern: OccurrencePattern): Span[] {
  const folded = typeof text === 'string' ? foldText(text) : text;
  const { key, lower } = folded;
  const found: Span[] = [];
  for (const spelling of pattern.spellings) {
    const source = spelling.anyCase ? lower : key;
    const first = spelling.words[0]!;
    for (let at = source.indexOf(first); at >= 0; at = source.indexOf(first, at + 1)) {
      const end = endOfWords(source, at, spelling);
      if (end !== undefined && isWhole(key, at, end, spelling)) found.push({ start: at, end });
    }
  }
  if (found.length > 1) found.sort((a, b) => a.start - b.start || b.end - a.end);
  const spans: Span[] = [];
  let last = 0;
  for (const { start, end } of found) {
    if (start < last) continue;
    last = end;
    spans.push(spanInText(folded, start, end));
  }
  return spans;
}

/** A name that no common words make up cannot mean anything else in lower case; an all-capitals one can ("US"). */
function hasOwnWord(key: string, isCommonWord: (word: string) => boolean): boolean {
  const words = key.match(/[\p{L}\p{M}]{3,}/gu) ?? [];
  return key !== key.toUpperCase() && words.some((word) => !isCommonWord(word));
}

/** "5 million", "15th century": the same whatever its case, and with a hyphen; "May" is not. */
function hasDigitAndWord(spelling: string): boolean {
  return /\p{N}/u.test(spelling) && /\p{L}{3}/u.test(spelling);
}

/** Words of an amount or a date: a hyphen parts them beside letters only, 1856-07-10 is one. */
function numericWords(spelling: string): string[] {
  if (!hasDigitAndWord(spelling)) return spelling.split(/\s+/);
  return spelling.split(/(?<=[^\s-])(?:[\s-]*\s[\s-]*|(?<=\p{L})-+|-+(?=\p{L}))(?=[^\s-])/u);
}

function prepare(key: string, kind: EntityKind, anyCase: boolean): Spelling {
  const endsWith = classOf(characterBefore(key, key.length));
  return {
    words: isNumericKind(kind) ? numericWords(key) : key.split(/(?<=[^\s-])[\s-]+(?=[^\s-])/),
    hyphens: !isNumericKind(kind) || hasDigitAndWord(key),
    anyCase,
    startsWith: classOf(characterAt(key, 0)),
    endsWith,
    hasPlural: endsWith === 'letter' && !isNumericKind(kind) && key.length >= 4,
    isCardinal: kind === 'number',
  };
}

function classOf(character: string): Spelling['startsWith'] {
  if (DIGIT.test(character)) return 'digit';
  return LETTER.test(character) && !NO_BORDERS.test(character) ? 'letter' : 'symbol';
}

function endOfWords(source: string, at: number, { words, hyphens }: Spelling): number | undefined {
  let end = at + words[0]!.length;
  for (let i = 1; i < words.length; i++) {
    const gap = end;
    while (isSpace(source.charCodeAt(end)) || (hyphens && source[end] === '-')) end++;
    if (end === gap || !source.startsWith(words[i]!, end)) return undefined;
    end += words[i]!.length;
  }
  return end;
}

function isWhole(key: string, start: number, end: number, spelling: Spelling): boolean {
  if (spelling.startsWith !== 'symbol') {
    const before = characterBefore(key, start);
    if (isWordCharacter(before)) return false;
    // Not in 1.19, 19:30, 3,019.
    if (spelling.startsWith === 'digit' && /[.,:/]/.test(before) && DIGIT.test(characterBefore(key, start - 1))) return false;
    if (spelling.isCardinal && before === '-' && LETTER.test(characterBefore(key, start - 1))) return false;
  }
  if (spelling.endsWith !== 'symbol') {
    const after = characterAt(key, end);
    if (spelling.hasPlural && /[sS]/.test(after) && !isWordCharacter(characterAt(key, end + 1))) return true;
    if (isWordCharacter(after)) return false;
    if (spelling.endsWith === 'digit' && /[.,:/]/.test(after) && DIGIT.test(characterAt(key, end + 1))) return false;
  }
  return true;
}

function isWordCharacter(character: string): boolean {
  return LETTER.test(character) || DIGIT.test(character);
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** The character that starts at `at`; '' outside the text. */
function characterAt(text: string, at: number): string {
  const code = at < 0 ? undefined : text.codePointAt(at);
  return code === undefined ? '' : String.fromCodePoint(code);
}

/** The character that ends before `at`, surrogate pairs kept whole; '' at the start. */
function characterBefore(text: string, at: number): string {
  const unit = text.charCodeAt(at - 1);
  return characterAt(text, unit >= 0xdc00 && unit < 0xe000 ? at - 2 : at - 1);
}
