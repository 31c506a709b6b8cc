import { isSpace } from './words.ts';

/** A stretch of a text: offsets in UTF-16 units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

// Thai, Lao, Khmer and Burmese mark the end of a sentence, and of a clause, by a space alone.
const SPACED = '[\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]';
const SPACED_BORDER = new RegExp(`(?<=${SPACED})\\s+(?=${SPACED})`, 'gu');
const BORDER = /(?<=[.!?…]["”’'»)\]]{0,2})\s+(?=["“‘'«([]?[\p{Lu}\p{Lo}\p{N}])|(?<=[。！？।])\s*/uy;
/** Ends of sentences that need no space, and all units that may stand before a border: these, and what closes quotes and brackets. */
const ENDS_ALONE = '。！？।';
const BEFORE_BORDER = `.!?…"”’'»)]${ENDS_ALONE}`;
const BEFORE_BORDER_ASCII: Uint8Array = Uint8Array.from({ length: 128 }, (_, unit) =>
  Number(BEFORE_BORDER.includes(String.fromCharCode(unit))),
);
const ABBREVIATIONS = new Set(
  (
    'Mr Mrs Ms Dr St Jr Sr Prof Lt Col Gen Gov Sen Rep Capt Sgt Cpl Maj Mt Rev Hon Fr No Nos Vol vol pp p c ca cf vs v e.g i.e etc ' +
    'approx Ph.D U.S U.K B.C A.D a.k.a fl ed eds op cit'
  ).split(' '),
);
const MOST_ABBREVIATION = 'approx'.length;

/**
 * Sentences of a paragraph, trimmed; initials ("J. S. Bach") and common English abbreviations end none. In scripts that end sentences
 * with a space (Thai, Lao, Khmer, Burmese) every space between two letters of them is a border.
 */
export function sentences(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  const cut = (end: number, next: number): void => {
    if (end <= start || endsInAbbreviation(text, start, end)) return;
    if (hasWord(text, start, end)) spans.push({ start, end });
    start = next;
  };
  for (let at = nextCandidate(text, 0); at < text.length; at = nextCandidate(text, at + 1)) {
    const isAlone = ENDS_ALONE.includes(text[at]!);
    if (!isAlone && isOfSpacedScript(text.charCodeAt(at))) {
      // One such letter, and other rules hold for the whole paragraph.
      spans.length = start = 0;
      for (const border of text.matchAll(SPACED_BORDER)) cut(border.index, border.index + border[0].length);
      break;
    }
    // Cheaper than the expression, which says the same.
    if (!isAlone && (at + 1 === text.length || !isSpace(text.charCodeAt(at + 1)))) continue;
    BORDER.lastIndex = at + 1;
    if (!BORDER.test(text)) continue;
    const next = BORDER.lastIndex;
    cut(at + 1, next);
    at = Math.max(at, next - 2);
  }
  if (hasWord(text, start, text.length)) spans.push({ start, end: text.length });
  return spans;
}

/** First place at or after `from` with a unit that may stand before a border, or one of those scripts; the text's length when there is none. */
function nextCandidate(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 128 ? BEFORE_BORDER_ASCII[unit] === 1 : BEFORE_BORDER.includes(text[i]!) || isOfSpacedScript(unit)) return i;
  }
  return text.length;
}

/** Whether it may be of those scripts, by their blocks. */
function isOfSpacedScript(unit: number): boolean {
  return (unit >= 0xe00 && unit <= 0xeff) || (unit >= 0x1000 && unit <= 0x109f) || (unit >= 0x1780 && unit <= 0x17ff);
}

function hasWord(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isSpace(text.charCodeAt(i))) return true;
  return false;
}

/** Whether the stretch's last word is an initial or an abbreviation, with its full stop and perhaps what closes a quote or bracket. */
function endsInAbbreviation(text: string, start: number, end: number): boolean {
  const stop = text.charCodeAt(end - 1) === 46 ? end - 1 : end - 2;
  if (stop <= start || text.charCodeAt(stop) !== 46) return false;
  if (stop === end - 2 && !'"”’)'.includes(text[end - 1]!)) return false;
  let from = stop;
  while (from > start && stop - from <= MOST_ABBREVIATION && !opensWord(text.charCodeAt(from - 1))) from--;
  if (stop - from > MOST_ABBREVIATION) return false;
  const word = text.slice(from, stop);
  return ABBREVIATIONS.has(word) || (word.length <= 2 && /^\p{Lu}$/u.test(word));
}

function opensWord(unit: number): boolean {
  return isSpace(unit) || unit === 40 || unit === 91 || unit === 34 || unit === 0x201c;
}
