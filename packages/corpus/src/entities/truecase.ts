import { sentences } from '../passages/sentences.ts';

/** How the corpus writes its words in mid-sentence. */
export interface Truecase {
  /** Share of mid-sentence occurrences with a capital; 0.5 for a word never seen there. */
  capitalShare(word: string): number;
  /** True when the corpus writes the word without a capital somewhere. */
  isCommonWord(word: string): boolean;
}

/** Counts mid-sentence spellings; the first word of a sentence says nothing. */
export function buildTruecase(texts: Iterable<string>): Truecase {
  const upper = new Map<string, number>();
  const lower = new Map<string, number>();
  for (const text of texts) {
    for (const { start, end } of sentences(text)) {
      const words = text.slice(start, end).match(/\p{L}[\p{L}\p{M}'’-]*/gu) ?? [];
      for (let i = 1; i < words.length; i++) {
        const key = keyOf(words[i]!);
        const counts = /^\p{Lu}/u.test(words[i]!) ? upper : lower;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
  return {
    capitalShare(word) {
      const high = upper.get(keyOf(word)) ?? 0;
      const low = lower.get(keyOf(word)) ?? 0;
      return high + low === 0 ? 0.5 : high / (high + low);
    },
    isCommonWord: (word) => lower.has(keyOf(word)),
  };
}

function keyOf(word: string): string {
  return word.toLowerCase().replace(/['’]s?$/, '');
}
