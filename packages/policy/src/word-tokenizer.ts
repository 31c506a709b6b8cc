import { PolicyError } from './errors.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface WordTokenizerOptions {
  /** Word of the padding token; must be in the vocabulary. Default `<pad>`. */
  readonly pad?: string;
  /** Word that ends a completion; must be in the vocabulary. Default `<eos>`. */
  readonly end?: string;
}

/**
 * A tokenizer whose tokens are whole words separated by white space; `decode` joins them with single spaces.
 * `encode` throws `PolicyError` (`unknown-token`) for a word outside the vocabulary.
 */
export function wordTokenizer(vocabulary: readonly string[], options: WordTokenizerOptions = {}): Tokenizer {
  const idOf = new Map(vocabulary.map((word, id) => [word, id]));
  if (idOf.size !== vocabulary.length) {
    const twice = vocabulary.find((word, id) => idOf.get(word) !== id);
    throw new PolicyError('bad-options', `the word "${twice}" stands twice in the vocabulary`);
  }
  const lookUp = (word: string): number => {
    const id = idOf.get(word);
    if (id === undefined)
      throw new PolicyError('unknown-token', `the word "${word}" is not in the vocabulary of ${vocabulary.length} words`);
    return id;
  };
  const padId = lookUp(options.pad ?? '<pad>');
  const endId = lookUp(options.end ?? '<eos>');
  return {
    vocabularySize: vocabulary.length,
    endIds: [endId],
    padId,
    encode: (text) => Int32Array.from(text.split(/\s+/).filter(Boolean), lookUp),
    decode(ids) {
      const words: string[] = [];
      for (const id of Array.from(ids)) {
        if (id === padId || id === endId) continue;
        const word = vocabulary[id];
        if (word === undefined)
          throw new PolicyError('unknown-token', `token id ${id} is outside the vocabulary of ${vocabulary.length} words`);
        words.push(word);
      }
      return words.join(' ');
    },
  };
}
