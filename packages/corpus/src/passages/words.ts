/** Scripts that put no spaces between words: Han, Kana, Thai, Lao, Khmer, Burmese. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Number of words: stretches without white space; in scripts that write none, the dictionary's words within a stretch. */
export function countWords(text: string): number {
  let words = 0;
  let start = -1;
  let isUnspaced = false;
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : 32;
    if (c === 32 || (c >= 9 && c <= 13) || (c >= 160 && /\s/.test(text[i]!))) {
      // Stretch by stretch: a segmenter's time grows with the square of the length.
      if (start >= 0) words += isUnspaced ? segmentedWords(text.slice(start, i)) : 1;
      start = -1;
      isUnspaced = false;
      continue;
    }
    if (start < 0) start = i;
    // Below Thai, the first of those scripts, no letter needs a closer look.
    if (c >= 0xe00 && !isUnspaced) isUnspaced = UNSPACED.test(String.fromCodePoint(text.codePointAt(i)!));
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
