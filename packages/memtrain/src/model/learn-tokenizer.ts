import type { HuggingFaceTokenizerFiles } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';

export interface LearnTokenizerOptions {
  /** Entries wanted: 256 bytes, 4 control tokens and the merges; fewer when the texts have no more pairs. At least 260. */
  readonly vocabularySize: number;
}

const CONTROL = ['<|pad|>', '<|end|>', '<|user|>', '<|assistant|>'] as const;

/** Words with the space before them; the same pattern cuts texts when the tokenizer is used. */
const WORD = "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/**
 * Learns a byte-level BPE tokenizer from texts, as Hugging Face files with a plain chat template. Deterministic: the most frequent pair
 * is merged first, the alphabetically first of equals. Throws `MemtrainError` (`bad-options`) for a vocabulary below 260.
 */
export function learnTokenizer(texts: Iterable<string>, options: LearnTokenizerOptions): HuggingFaceTokenizerFiles {
  const { vocabularySize } = options;
  const symbols = byteSymbols();
  const least = CONTROL.length + symbols.length;
  if (!Number.isInteger(vocabularySize) || vocabularySize < least) {
    throw new MemtrainError('bad-options', `a vocabulary of ${vocabularySize} was asked for: give a whole number of at least ${least}`);
  }
  const merges = learnMerges(countWords(texts, symbols), vocabularySize - least);
  const entries = [...CONTROL, ...[...symbols].sort(), ...merges.map((pair) => pair.join(''))];
  // Two different pairs can spell the same entry; it gets one id.
  const vocabulary = [...new Set(entries)];
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: CONTROL.map((content, id) => ({
        id,
        content,
        special: true,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
      })),
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: WORD }, behavior: 'Isolated', invert: false },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
        ],
      },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        byte_fallback: false,
        vocab: Object.fromEntries(vocabulary.map((entry, id) => [entry, id])),
        merges: merges.map((pair) => pair.join(' ')),
      },
    },
    config: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      clean_up_tokenization_spaces: false,
      pad_token: CONTROL[0],
      eos_token: CONTROL[1],
      chat_template: CHAT_TEMPLATE,
    },
  };
}

/** The printable character that stands for each byte in byte-level BPE (GPT-2's table). */
function byteSymbols(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(printable ? byte : next++);
  });
}

interface Word {
  parts: string[];
  count: number;
}

function countWords(texts: Iterable<string>, symbols: readonly string[]): Word[] {
  const counts = new Map<string, number>();
  const pattern = new RegExp(WORD, 'gu');
  for (const text of texts) for (const [word] of text.matchAll(pattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => ({ parts: Array.from(Buffer.from(word), (byte) => symbols[byte]!), count }));
}

function learnMerges(words: readonly Word[], most: number): [string, string][] {
  const counts = new Map<string, number>();
  const holders = new Map<string, Set<Word>>();
  const add = (word: Word, sign: 1 | -1): void => {
    for (let i = 1; i < word.parts.length; i++) {
      const key = `${word.parts[i - 1]!} ${word.parts[i]!}`;
      counts.set(key, (counts.get(key) ?? 0) + sign * word.count);
      if (sign > 0) holders.set(key, (holders.get(key) ?? new Set()).add(word));
    }
  };
  for (const word of words) add(word, 1);
  const merges: [string, string][] = [];
  while (merges.length < most) {
    let best: string | undefined;
    let bestCount = 1;
    for (const [key, count] of counts) {
      if (count > bestCount || (count === bestCount && best !== undefined && key < best)) [best, bestCount] = [key, count];
    }
    // A pair that occurs once is not worth an entry.
    if (best === undefined) break;
    const [left, right] = best.split(' ') as [string, string];
    merges.push([left, right]);
    for (const word of holders.get(best)!) {
      add(word, -1);
      word.parts = mergePair(word.parts, left, right);
      add(word, 1);
    }
    counts.delete(best);
    holders.delete(best);
  }
  return merges;
}

function mergePair(parts: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === left && parts[i + 1] === right) {
      merged.push(left + right);
      i++;
    } else merged.push(parts[i]!);
  }
  return merged;
}
