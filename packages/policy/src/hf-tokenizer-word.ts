import { PolicyError } from './errors.ts';
import type { JsonObject } from './hf-tokenizer-files.ts';
import { wordTokenizer } from './word-tokenizer.ts';
import type { WordTokenizerOptions } from './word-tokenizer.ts';

/**
 * tokenizer.json (model type WordLevel) of a vocabulary of whole words: loaded, it gives the ids of `wordTokenizer`, and other
 * software can read it. Goes with `wordTokenizerConfig`. Throws `PolicyError`: `bad-options` for a word that stands twice, is empty
 * or holds white space; `unknown-token` when the padding or end word is missing.
 */
export function wordTokenizerJson(vocabulary: readonly string[], options: WordTokenizerOptions = {}): JsonObject {
  const { endIds, padId } = wordTokenizer(vocabulary, options);
  const unusable = vocabulary.find((word) => !/^\S+$/.test(word));
  if (unusable !== undefined) {
    throw new PolicyError(
      'bad-options',
      `the word ${JSON.stringify(unusable)} is empty or holds white space: it could never be read from a text`,
    );
  }
  // The format wants an unknown token. One that is not in the vocabulary makes readers refuse unknown words.
  let unknown = '<unk>';
  while (vocabulary.includes(unknown)) unknown = `<${unknown}>`;
  const special = [...new Set([padId, ...endIds])].sort((a, b) => a - b);
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((id) => ({ id, content: vocabulary[id], ...flags })),
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])), unk_token: unknown },
  };
}

/** tokenizer_config.json that goes with `wordTokenizerJson`. */
export function wordTokenizerConfig(options: WordTokenizerOptions = {}): JsonObject {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    eos_token: options.end ?? '<eos>',
    pad_token: options.pad ?? '<pad>',
  };
}
