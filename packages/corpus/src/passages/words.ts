/** Scripts that put no spaces between words: Han, Kana, Thai, Lao, Khmer, Burmese. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Whether \s matches the UTF-16 unit. */
export function isSpace(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13) || (unit >= 160 && /\s/.test(String.fromCharCode(unit)));
}

/**
 * Number of words from `from` to `to` (exclusive): stretches without white space; in scripts that write none, the dictionary's words within
 * a stretch.
 */
export function countWords(text: string, from = 0, to: number = text.length): number {
  let words = 0;
  let start = -1;
  let isUnspaced = false;
  for (let i = from; i <= to; i++) {
    const unit = i < to ? text.charCodeAt(i) : 32;
    // Below Thai, the first of those scripts, no letter needs a closer look.
    if (unit > 32 && unit < 0xe00 && unit !== 160) {
      if (start < 0) start = i;
      continue;
    }
    if (isSpace(unit)) {
      // Stretch by stretch: a segmenter's time grows with the square of the length.
      if (start >= 0) words += isUnspaced ? segmentedWords(text.slice(start, i)) : 1;
      start = -1;
      isUnspaced = false;
      continue;
    }
    if (start < 0) start = i;
    if (unit >= 0xe00 && !isUnspaced) isUnspaced = UNSPACED.test(String.fromCodePoint(text.codePointAt(i)!));
  }
  return words;
}

/** Longest text that is segmented at once. */
const PIECE = 500;

function segmentedWords(text: string): number {
  let words = 0;
  for (let at = 0; at < text.length; at += PIECE) {
    for (const segment of segmenter.segment(text.slice(at, at + PIECE))) if (segment.isWordLike) words++;
  }
  return words;
}
