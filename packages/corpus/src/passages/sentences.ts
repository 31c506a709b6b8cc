/** A stretch of a text: offsets in UTF-16 units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const BORDER = /(?<=[.!?…]["”’'»)\]]{0,2})\s+(?=["“‘'«([]?[\p{Lu}\p{Lo}\p{N}])|(?<=[。！？।])\s*/gu;
const ABBREVIATION = new RegExp(
  '(?:^|[\\s(["“])(?:\\p{Lu}\\.|(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|Prof|Lt|Col|Gen|Gov|Sen|Rep|Capt|Sgt|Cpl|Maj|Mt|Rev|Hon|' +
    'Fr|No|Nos|Vol|vol|pp|p|c|ca|cf|vs|v|e\\.g|i\\.e|etc|approx|Ph\\.D|U\\.S|U\\.K|B\\.C|A\\.D|a\\.k\\.a|fl|ed|eds|' +
    'op|cit)\\.)["”’)]?$',
  'u',
);

/** Sentences of a paragraph, trimmed; initials ("J. S. Bach") and common English abbreviations end none. */
export function sentences(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  const add = (end: number): void => {
    if (text.slice(start, end).trim() !== '') spans.push({ start, end });
  };
  for (const border of text.matchAll(BORDER)) {
    if (border.index <= start || ABBREVIATION.test(text.slice(Math.max(start, border.index - 12), border.index))) continue;
    add(border.index);
    start = border.index + border[0].length;
  }
  add(text.length);
  return spans;
}

/** Number of words: stretches without white space. */
export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
