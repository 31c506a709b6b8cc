/** English words that say nothing of the subject. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about after all also an and any are as at be been before being between both but by can could did do does during ' +
    'each for from had has have he her here ' +
    'hers him his how i if in into is it its just many may me more most my no nor not of on one only or other our out over ' +
    'own she so some such than that the ' +
    'their them then there these they this those through to too under until up very was we were what when where which ' +
    'while who whom why will with would you your'
  ).split(' '),
);

/** 1 for the code units that terms consist of: letters, digits, marks. Surrogates are looked at in pairs. */
const IS_TERM: Uint8Array = Uint8Array.from({ length: 1 << 16 }, (_, unit) =>
  /[\p{L}\p{N}\p{M}]/u.test(String.fromCharCode(unit)) ? 1 : 0,
);

/**
 * Finds the terms of a lower-case text: runs of letters, digits and marks, stop words included. Writes start and end of each into
 * `spans` (room for the text's length and one more) and returns how many numbers it wrote.
 */
export function termSpans(lower: string, spans: Uint32Array): number {
  let used = 0;
  let start = -1;
  const n = lower.length;
  for (let i = 0; i < n; i++) {
    const unit = lower.charCodeAt(i);
    let size = 1;
    let isTerm = IS_TERM[unit] === 1;
    if (unit >= 0xd800 && unit < 0xdc00) {
      isTerm = /^[\p{L}\p{N}\p{M}]/u.test(lower.slice(i, i + 2));
      size = isTerm ? 2 : 1;
    }
    if (isTerm) {
      if (start < 0) start = i;
    } else if (start >= 0) {
      spans[used++] = start;
      spans[used++] = i;
      start = -1;
    }
    i += size - 1;
  }
  if (start >= 0) {
    spans[used++] = start;
    spans[used++] = n;
  }
  return used;
}

/** Search terms of a text: lower-case runs of letters and digits, English stop words left out. */
export function terms(text: string): string[] {
  const lower = text.toLowerCase();
  const spans = new Uint32Array(lower.length + 2);
  const used = termSpans(lower, spans);
  const found: string[] = [];
  for (let i = 0; i < used; i += 2) {
    const term = lower.slice(spans[i], spans[i + 1]);
    if (!STOP_WORDS.has(term)) found.push(term);
  }
  return found;
}
