import { Tokenizer as Engine } from '@huggingface/tokenizers';
import { PolicyError } from './errors.ts';
import { chatRenderer, specialPattern } from './hf-tokenizer-chat.ts';
import { addedTokensOf, badFile, isObject, namedTokensOf, reasonOf, templateOf, tokenText } from './hf-tokenizer-files.ts';
import type { AddedToken, HuggingFaceTokenizerFiles, JsonObject } from './hf-tokenizer-files.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface HuggingFaceTokenizerOptions {
  /** Extra variables of the chat template, e.g. `{ enable_thinking: false }`. */
  readonly templateArguments?: Readonly<Record<string, unknown>>;
}

/**
 * A tokenizer from Hugging Face files (BPE, WordPiece, Unigram, WordLevel).
 * A special token (`<|im_end|>`) spelled in a text or in a chat message is encoded as plain text: only the chat template itself can
 * produce control tokens. Added tokens that are not special (Qwen's `<think>`) keep their single id everywhere.
 * `decode` leaves out end and padding ids and spells other special tokens out.
 *
 * Throws `PolicyError`: `bad-tokenizer-file` when a file does not fit; from `encode` `unknown-token` for text that the vocabulary
 * cannot express; from `encodeChat` `bad-options` when the template refuses the messages.
 */
export function huggingFaceTokenizer(files: HuggingFaceTokenizerFiles, options: HuggingFaceTokenizerOptions = {}): Tokenizer {
  const { tokenizer: json, config = {} } = files;
  if (!isObject(json) || !isObject(json['model'])) throw badFile('tokenizer.json has no "model": is it the file of a fast tokenizer?');
  const addedTokens = addedTokensOf(json);
  const full = engineOf(json, addedTokens, config);
  const specials = addedTokens.filter((token) => token.special === true).map((token) => token.content);
  specials.sort((a, b) => b.length - a.length);

  // The same vocabulary without special tokens. Built when a text first spells one: a large vocabulary takes a second or two.
  let plainEngine: Engine | undefined;
  const plain = (): Engine => {
    plainEngine ??= engineOf(
      json,
      addedTokens.filter((token) => token.special !== true),
      config,
    );
    return plainEngine;
  };
  const special = specialPattern(specials);
  const encode = (text: string): number[] => idsOf(special && text.search(special) >= 0 ? plain() : full, text);

  const vocabularySize = largestId(full) + 1;
  const { endIds, padId } = closingIds(files, full, vocabularySize);
  const silent = new Set([...endIds, padId]);
  const template = files.chatTemplate ?? templateOf(config);
  const variables = { ...namedTokensOf(config), ...options.templateArguments };
  const render = template === undefined ? undefined : chatRenderer(template, { variables, specials });

  return {
    vocabularySize,
    endIds,
    padId,
    encode: (text) => Int32Array.from(encode(text)),
    decode(ids) {
      const shown = Array.from(ids).filter((id) => !silent.has(id));
      const unknown = shown.find((id) => full.id_to_token(id) === undefined);
      if (unknown !== undefined) {
        throw new PolicyError('unknown-token', `token id ${unknown} is not in the vocabulary (ids 0 to ${vocabularySize - 1})`);
      }
      const cleanUp = config['clean_up_tokenization_spaces'] === true;
      return shown.length === 0 ? '' : full.decode(shown, { clean_up_tokenization_spaces: cleanUp });
    },
    ...(render && {
      encodeChat: (messages) => Int32Array.from(render(messages).flatMap((piece) => idsOf(piece.plain ? plain() : full, piece.text))),
    }),
  };
}

function engineOf(json: JsonObject, addedTokens: readonly AddedToken[], config: JsonObject): Engine {
  // The library insists on these keys, which some files leave out when they are null.
  const whole = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...json, added_tokens: addedTokens };
  const unknown = tokenText(config['unk_token']) ?? (json['model'] as JsonObject)['unk_token'];
  try {
    return new Engine(whole, { ...config, unk_token: unknown });
  } catch (error) {
    throw badFile(`tokenizer.json cannot be used: ${reasonOf(error)}`, { cause: error });
  }
}

function idsOf(engine: Engine, text: string): number[] {
  if (text === '') return [];
  const { ids, tokens } = engine.encode(text, { add_special_tokens: false });
  const unknown = (ids as (number | undefined)[]).indexOf(undefined);
  if (unknown < 0) return ids;
  throw new PolicyError('unknown-token', `"${tokens[unknown]}" is not in the vocabulary, which has no token for unknown text`);
}

function largestId(engine: Engine): number {
  let largest = -1;
  for (const id of engine.get_vocab().values()) largest = Math.max(largest, id);
  return largest;
}

/** Ids that end a completion and the one that fills a batch. */
function closingIds(files: HuggingFaceTokenizerFiles, engine: Engine, vocabularySize: number): { endIds: number[]; padId: number } {
  const { config = {}, generationConfig = {} } = files;
  const named = (field: string): number[] => {
    const word = tokenText(config[field]);
    if (word === undefined) return [];
    const id = engine.token_to_id(word);
    if (id === undefined) throw badFile(`"${field}" of tokenizer_config.json is "${word}", which tokenizer.json does not have`);
    return [id];
  };
  const listed = (field: string): number[] =>
    [generationConfig[field] ?? []].flat().map((id: unknown) => {
      if (typeof id === 'number' && engine.id_to_token(id) !== undefined) return id;
      throw badFile(`"${field}" of generation_config.json has ${JSON.stringify(id)}, but ids go from 0 to ${vocabularySize - 1}`);
    });
  const generation = listed('eos_token_id');
  const endIds = generation.length > 0 ? generation : named('eos_token');
  if (endIds[0] === undefined)
    throw badFile('no end token: generation_config.json needs "eos_token_id", or tokenizer_config.json "eos_token"');
  return { endIds, padId: named('pad_token')[0] ?? listed('pad_token_id')[0] ?? endIds[0] };
}
