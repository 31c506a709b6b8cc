const punctuation = /[!-/:-@[-`{-~]/g;
// `\b` knows only ASCII letters: it would take the "a" off "España".
const articles = /(?<![\p{L}\p{N}\p{M}])(?:a|an|the)(?![\p{L}\p{N}\p{M}])/gu;
/** What Python's `str.split` splits at, which the published scorers use, and the byte-order mark. */
const space = /[\s\x1c-\x1f\x85]+/g;
const unspaced = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]\p{M}*/gu;

/**
 * SQuAD's normal form: lower case, the 32 ASCII punctuation marks deleted, the articles a, an, the dropped, white space collapsed.
 * Beyond SQuAD: Unicode is composed first (NFC), so that two spellings of one accented letter are equal.
 */
export function normalizeAnswer(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(punctuation, '').replace(articles, ' ').replace(space, ' ').trim();
}

/** Words of the normal form; in scripts written without spaces every character is a word. */
export function answerWords(text: string): string[] {
  return normalizeAnswer(text)
    .replace(unspaced, (character) => ` ${character} `)
    .split(/\s+/)
    .filter(Boolean);
}
