import type { HuggingFaceTokenizerFiles, JsonObject } from '@memtrain/policy';

/** Printable stand-ins for the 256 bytes, as GPT-2's byte-level pre-tokenizer assigns them. */
function byteLetters(): string[] {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 255 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

const merges = ['t h', 'th e', 'Ġ the', 'i n', 'Ġ th', 'u s', 'us e', 'use r', 's y', 'ç Ľ'];

const specials = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];

/** Ids of the control tokens of `byteLevelJson`; `<think>` is an added token, but not a special one. */
export const ids = { endOfText: 266, start: 267, end: 268, think: 269 };

/** tokenizer.json of a byte-level BPE: 256 bytes, ten merges, three special tokens and `<think>`. */
export function byteLevelJson(): JsonObject {
  const words = [...byteLetters(), ...merges.map((merge) => merge.replace(' ', ''))];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...specials, '<think>'].map((content, i) => ({ id: 266 + i, content, ...flags, special: i < specials.length })),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: {
            Regex:
              "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          },
          behavior: 'Isolated',
          invert: false,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges,
    },
  };
}

const chatMl =
  "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- if enable_thinking is defined and not enable_thinking %}{{- '<think>' }}{%- endif %}{%- endif %}";

/** The files of a small chat model. */
export function byteLevelFiles(): HuggingFaceTokenizerFiles {
  return {
    tokenizer: byteLevelJson(),
    config: { eos_token: '<|im_end|>', pad_token: { content: '<|endoftext|>' }, unk_token: null, chat_template: chatMl },
    generationConfig: { eos_token_id: [ids.end, ids.endOfText] },
  };
}
