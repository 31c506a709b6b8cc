import type { Span } from '../passages/sentences.ts';
import type { EntityKind } from './entity.ts';

const MONTH =
  '(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|' +
  'Sept?|Oct|Nov|Dec)\\.?';
const YEAR = '(?:1[0-9]{3}|20[0-9]{2})';
const DAY = '(?:[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?';
const NUMBER = '(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\\.[0-9]+)?|[0-9]+(?:\\.[0-9]+)?)';
const SCALE = '(?:million|billion|trillion|thousand|hundred)';
const CENTURY =
  '(?:[0-9]{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|' +
  'thirteenth|fourteenth|fifteenth|' +
  'sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty-first)[ -]century(?: BCE?| AD| CE)?';
const UNIT =
  '(?:km²|km2|km|m|mi|miles?|kilomet(?:re|er)s?|met(?:re|er)s?|feet|ft|foot|inch(?:es)?|cm|mm|kg|kilograms?|lb|pounds?|' +
  'tons?|tonnes?|acres?|hectares?|sq mi|' +
  'square miles|square kilomet(?:re|er)s|mph|km/h|°C|°F|°|MW|GW|kW|Hz|MHz|GHz|hours?|minutes?|seconds?|days?|weeks?|' +
  'months?|years?|nautical miles|knots|people|' +
  'inhabitants|residents)';

const BEFORE = '(?<![\\p{L}\\p{N}])(?<![\\p{N}][.,:/–-])';
const AFTER = '(?![\\p{L}\\p{N}])(?![.,:/][\\p{N}])';

/** In order of precedence: an earlier pattern keeps its characters. */
const PATTERNS: readonly { readonly kind: EntityKind; readonly pattern: RegExp }[] = (
  [
    [
      'date',
      `` +
        `${DAY}\\s${MONTH}\\s?,?\\s${YEAR}|${MONTH}\\s${DAY},?\\s${YEAR}|[12][0-9]{3}-[01][0-9]-[0-3][0-9]|${DAY}\\s${MONTH}|${MONTH}\\s${YEAR}|${MONTH}\\s${DAY}|` +
        `${YEAR}s|${NUMBER}\\s?(?:BCE?|AD|CE)|AD\\s[0-9]+|${CENTURY}`,
    ],
    [
      'money',
      `(?:US\\$|A\\$|C\\$|\\$|£|€|¥|₹)\\s?${NUMBER}(?:\\s${SCALE})?|${NUMBER}\\s(?:${SCALE}\\s)?(?:dollars|euros|pounds|francs|yen)`,
    ],
    ['percent', `${NUMBER}\\s?(?:%|percent|per cent)`],
    ['quantity', `${NUMBER}\\s?(?:${SCALE}\\s)?${UNIT}`],
    ['date', YEAR],
    ['number', `${NUMBER}(?:\\s${SCALE})?`],
  ] as const
).map(([kind, source]) => ({ kind, pattern: new RegExp(`${BEFORE}(?:${source})${AFTER}`, 'gu') }));

/** Dates, amounts and numbers written with digits (and spelled centuries), by English patterns; spans do not overlap. */
export function datesAndNumbers(text: string): (Span & { readonly kind: EntityKind })[] {
  const found: (Span & { kind: EntityKind })[] = [];
  const taken = new Uint8Array(text.length);
  for (const { kind, pattern } of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const start = match.index;
      const end = start + match[0].length;
      if (taken.subarray(start, end).includes(1)) continue;
      taken.fill(1, start, end);
      found.push({ start, end, kind });
    }
  }
  return found.toSorted((a, b) => a.start - b.start);
}
