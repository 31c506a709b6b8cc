import { sentences } from '../passages/sentences.ts';
import { findTerm, termTableBuilder } from '../retrieval/term-table.ts';
import type { TermTable } from '../retrieval/term-table.ts';
import { MOST_NAMES, ownText, thinWhenFull } from './bounded-names.ts';
import { sharedNumbers } from './shared-numbers.ts';

/** How the corpus writes its words in mid-sentence. */
export interface Truecase {
  /** Share of mid-sentence occurrences with a capital; 0.5 for a word never seen there. */
  capitalShare(word: string): number;
  /** True when the corpus writes the word without a capital somewhere. */
  isCommonWord(word: string): boolean;
}

/** Mid-sentence spellings of each word (lower case): times with and without a capital. Threads can share it. */
export interface TruecaseCounts {
  readonly words: TermTable;
  readonly capital: Uint32Array;
  readonly small: Uint32Array;
}

/** Counts mid-sentence spellings; the first word of a sentence says nothing. Of more than 500,000 words the rarest are forgotten. */
export function countTruecase(texts: Iterable<string>): TruecaseCounts {
  const counts = new Map<string, [capital: number, small: number]>();
  for (const text of texts) {
    for (const { start, end } of sentences(text)) {
      const words = text.slice(start, end).match(/\p{L}[\p{L}\p{M}'’-]*/gu) ?? [];
      for (let i = 1; i < words.length; i++) {
        const key = keyOf(words[i]!);
        const column = /^\p{Lu}/u.test(words[i]!) ? 0 : 1;
        const own = counts.get(key);
        if (own) own[column]++;
        else counts.set(ownText(key), column === 0 ? [1, 0] : [0, 1]);
      }
    }
    thinWhenFull(counts, MOST_NAMES, (own) => own[0] + own[1]);
  }
  const words = termTableBuilder();
  const capital = sharedNumbers(counts.size);
  const small = sharedNumbers(counts.size);
  for (const [word, [capitals, smalls]] of counts) {
    const number = words.add(word);
    capital[number] = capitals;
    small[number] = smalls;
  }
  return { words: words.finish(SharedArrayBuffer), capital, small };
}

/** A view of the counts. */
export function truecaseFrom({ words, capital, small }: TruecaseCounts): Truecase {
  return {
    capitalShare(word) {
      const number = findTerm(words, keyOf(word));
      return number < 0 ? 0.5 : capital[number]! / (capital[number]! + small[number]!);
    },
    isCommonWord(word) {
      const number = findTerm(words, keyOf(word));
      return number >= 0 && small[number]! > 0;
    },
  };
}

/** `truecaseFrom(countTruecase(texts))`. */
export function buildTruecase(texts: Iterable<string>): Truecase {
  return truecaseFrom(countTruecase(texts));
}

function keyOf(word: string): string {
  return word.toLowerCase().replace(/['’]s?$/, '');
}
