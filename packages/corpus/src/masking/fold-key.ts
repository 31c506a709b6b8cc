/**
 * A text in which spellings of the same word look alike: accents dropped, all dashes "-", all apostrophes "'", all quotes '"'.
 * Case stays. The result has the same length as the input (a character that has no folded form of one unit stays), so offsets agree.
 */
export function foldKey(text: string): string {
  return text.replace(/[^\x00-\x7f]/g, foldUnit);
}

/** A text and its folded form, in which combining accents and invisible characters are left out too. */
export interface FoldedText {
  readonly text: string;
  readonly key: string;
  /** The key in lower case, of the same length. */
  readonly lower: string;
  /** Offsets of the key's units in the text; undefined when they agree. */
  readonly offsets: Uint32Array | undefined;
}

/** Combining accents, soft hyphen, zero-width characters. */
const DROPPED = /[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]/;

/** Folds a text for matching. */
export function foldText(text: string): FoldedText {
  if (!DROPPED.test(text)) {
    const key = foldKey(text);
    return { text, key, lower: lowerOf(key), offsets: undefined };
  }
  const kept: number[] = [];
  let bare = '';
  for (let at = 0; at < text.length; at++) {
    if (DROPPED.test(text[at]!)) continue;
    kept.push(at);
    bare += text[at]!;
  }
  const key = foldKey(bare);
  return { text, key, lower: lowerOf(key), offsets: Uint32Array.from(kept) };
}

/** Where a span of the key lies in the text; dropped characters behind its last one belong to it. */
export function spanInText(folded: FoldedText, start: number, end: number): { start: number; end: number } {
  const { offsets, text } = folded;
  if (!offsets) return { start, end };
  return { start: offsets[start]!, end: end < offsets.length ? offsets[end]! : text.length };
}

function lowerOf(key: string): string {
  const lower = key.toLowerCase();
  if (lower.length === key.length) return lower;
  return key.replace(/[^\x00-\x7f]/g, (unit) => (unit.toLowerCase().length === 1 ? unit.toLowerCase() : unit));
}

function foldUnit(unit: string): string {
  if (/[\u2010-\u2015\u2212]/.test(unit)) return '-';
  if (/[\u2018\u2019\u02bc\u2032]/.test(unit)) return "'";
  if (/[\u201c\u201d\u201e\u2033]/.test(unit)) return '"';
  if (/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/.test(unit)) return ' ';
  const folded = unit.normalize('NFKD').replace(/\p{M}/gu, '');
  return folded.length === 1 ? folded : unit;
}
