/** A stretch of a text: offsets in UTF-16 units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

// Thai, Lao, Khmer and Burmese mark the end of a sentence, and of a clause, by a space alone.
const SPACED = '[\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]';
// The blocks of those scripts: a quick test, as nearly every text has none of them.
const SPACED_SCRIPT = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]/;
const SPACED_BORDER = new RegExp(`(?<=${SPACED})\\s+(?=${SPACED})`, 'gu');
const BORDER = /(?<=[.!?…]["”’'»)\]]{0,2})\s+(?=["“‘'«([]?[\p{Lu}\p{Lo}\p{N}])|(?<=[。！？।])\s*/uy;
/** 1 for the units that stand before a border: ends of sentences, and what closes quotes and brackets after them. */
const BEFORE_BORDER: Uint8Array = Uint8Array.from({ length: 1 << 16 }, (_, unit) =>
  /[.!?…"”’'»)\]。！？।]/.test(String.fromCharCode(unit)) ? 1 : 0,
);
const ABBREVIATION = new RegExp(
  '(?:^|[\\s(["“])(?:\\p{Lu}\\.|(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|Prof|Lt|Col|Gen|Gov|Sen|Rep|Capt|Sgt|Cpl|Maj|Mt|Rev|Hon|' +
    'Fr|No|Nos|Vol|vol|pp|p|c|ca|cf|vs|v|e\\.g|i\\.e|etc|approx|Ph\\.D|U\\.S|U\\.K|B\\.C|A\\.D|a\\.k\\.a|fl|ed|eds|' +
    'op|cit)\\.)["”’)]?$',
  'u',
);

/**
 * Sentences of a paragraph, trimmed; initials ("J. S. Bach") and common English abbreviations end none. In scripts that end sentences
 * with a space (Thai, Lao, Khmer, Burmese) every space between two letters of them is a border.
 */
export function sentences(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  const add = (end: number): void => {
    if (text.slice(start, end).trim() !== '') spans.push({ start, end });
  };
  for (const border of SPACED_SCRIPT.test(text) ? text.matchAll(SPACED_BORDER) : borders(text)) {
    if (border.index <= start || ABBREVIATION.test(text.slice(Math.max(start, border.index - 12), border.index))) continue;
    add(border.index);
    start = border.index + border[0].length;
  }
  add(text.length);
  return spans;
}

/** Where `BORDER` matches; it is tried only after a unit that it can follow. */
function* borders(text: string): Generator<RegExpExecArray> {
  for (let at = 1; at <= text.length; at++) {
    if (BEFORE_BORDER[text.charCodeAt(at - 1)] === 0) continue;
    BORDER.lastIndex = at;
    const border = BORDER.exec(text);
    if (!border) continue;
    yield border;
    at = Math.max(at, border.index + border[0].length - 1);
  }
}
