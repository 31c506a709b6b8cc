import { z } from 'zod';
import { CorpusError } from '../errors.ts';
import { preTokenPattern } from './pre-token-pattern.ts';
import type { Encoder } from './token-counter.ts';

/** The pattern that a `ByteLevel` pre-tokenizer uses by itself (GPT-2's). */
const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const MOST_CACHED = 200_000;

const byteLevel = z.object({ type: z.literal('ByteLevel'), add_prefix_space: z.literal(false), use_regex: z.boolean().optional() });
const split = z.object({
  type: z.literal('Split'),
  pattern: z.object({ Regex: z.string() }),
  behavior: z.literal('Isolated'),
  invert: z.literal(false),
});
const none = z.union([z.null(), z.literal('')]).optional();
const fileSchema = z.object({
  normalizer: z
    .object({ type: z.literal('NFC') })
    .nullable()
    .optional(),
  pre_tokenizer: z.union([byteLevel, z.object({ type: z.literal('Sequence'), pretokenizers: z.tuple([split, byteLevel]) })]),
  added_tokens: z
    .array(
      z.object({
        id: z.number().int(),
        content: z.string().min(1),
        special: z.boolean(),
        single_word: z.literal(false),
        lstrip: z.literal(false),
        rstrip: z.literal(false),
      }),
    )
    .default([]),
  model: z.object({
    type: z.literal('BPE'),
    dropout: z.union([z.null(), z.literal(0)]).optional(),
    continuing_subword_prefix: none,
    end_of_word_suffix: none,
    byte_fallback: z.literal(false).optional(),
    ignore_merges: z.boolean().optional(),
    // Hundreds of thousands of entries: not worth a schema each.
    vocab: z.custom<Record<string, number>>((value) => typeof value === 'object' && value !== null, 'no vocabulary'),
    merges: z.custom<readonly (string | readonly [string, string])[]>((value) => Array.isArray(value), 'no merges'),
  }),
});

/**
 * A byte-level BPE tokenizer (GPT-2, Llama 3, Qwen) from the contents of its tokenizer.json, several times as fast as a general one.
 * Special tokens spelled in a text are text. Throws `CorpusError` (`bad-tokenizer`) when the file asks for anything else; compare with
 * the general tokenizer by `chooseTokenizer` before it is used.
 */
export function byteLevelBpe(json: unknown): Encoder {
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw unsupported(`${path.join('.') || 'the file'}: ${message}`);
  }
  const { model, normalizer, pre_tokenizer: pre, added_tokens: added } = parsed.data;
  const inner = pre.type === 'Sequence' ? pre.pretokenizers[1] : pre;
  if (pre.type === 'Sequence' && inner.use_regex !== false) throw unsupported('two patterns in a row');
  const source = pre.type === 'Sequence' ? pre.pretokenizers[0].pattern.Regex : GPT2_PATTERN;
  const pattern = preTokenPattern(source);
  if (!pattern) throw unsupported(`the pattern ${source}`);

  const ids = new Map(Object.entries(model.vocab));
  const merges = mergeTable(model.merges, ids);
  const byteIds = Array.from({ length: 256 }, (_, byte) => ids.get(byteLetter(byte)));
  if (byteIds.includes(undefined)) throw unsupported('a vocabulary without all 256 bytes');
  const cache = new Map<string, Int32Array>();
  const idsOf = (word: string): Int32Array => {
    let found = cache.get(word);
    if (found) return found;
    found = mergePairs(word, { ids, byteIds: byteIds as number[], merges, ignoreMerges: model.ignore_merges === true });
    if (cache.size >= MOST_CACHED) cache.clear();
    cache.set(word, found);
    return found;
  };
  const plain = added.filter((token) => !token.special);
  const addedIds = new Map(plain.map(({ content, id }) => [content, id]));
  const addedPattern = plain.length === 0 ? undefined : new RegExp(`(${plain.map(({ content }) => escaped(content)).join('|')})`, 'u');

  const encodePart = (text: string, result: number[]): void => {
    const normal = normalizer ? text.normalize('NFC') : text;
    let last = 0;
    const push = (word: string): void => {
      for (const id of idsOf(word)) result.push(id);
    };
    for (const match of normal.matchAll(pattern)) {
      if (match.index > last) push(normal.slice(last, match.index));
      if (match[0] !== '') push(match[0]);
      last = match.index + match[0].length;
    }
    if (last < normal.length) push(normal.slice(last));
  };
  return {
    encode(text) {
      const result: number[] = [];
      if (!addedPattern || !addedPattern.test(text)) encodePart(text, result);
      else {
        for (const part of text.split(addedPattern)) {
          const id = addedIds.get(part);
          if (id === undefined) encodePart(part, result);
          else result.push(id);
        }
      }
      return result;
    },
  };
}

interface Merge {
  readonly rank: number;
  readonly id: number;
}

/** Left and right id in one number; ids stay below 2^21. */
const PAIR = 2 ** 21;

function mergeTable(merges: readonly (string | readonly [string, string])[], ids: ReadonlyMap<string, number>): Map<number, Merge> {
  const table = new Map<number, Merge>();
  merges.forEach((merge, rank) => {
    const [left, right] = typeof merge === 'string' ? (merge.split(' ') as [string, string]) : merge;
    const a = ids.get(left);
    const b = ids.get(right);
    const id = ids.get(left + right);
    if (a === undefined || b === undefined || id === undefined)
      throw unsupported(`the merge of "${left}" and "${right}", which the vocabulary lacks`);
    table.set(a * PAIR + b, { rank, id });
  });
  return table;
}

interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  readonly byteIds: readonly number[];
  readonly merges: ReadonlyMap<number, Merge>;
  readonly ignoreMerges: boolean;
}

/** Joins the pair of the lowest rank, the leftmost of equals, until none is left. */
function mergePairs(word: string, { ids, byteIds, merges, ignoreMerges }: Vocabulary): Int32Array {
  const bytes = Buffer.from(word);
  if (ignoreMerges) {
    const whole = ids.get(Array.from(bytes, byteLetter).join(''));
    if (whole !== undefined) return Int32Array.of(whole);
  }
  const parts = Array.from(bytes, (byte) => byteIds[byte]!);
  while (parts.length > 1) {
    let best: Merge | undefined;
    let place = -1;
    for (let i = 0; i + 1 < parts.length; i++) {
      const own = merges.get(parts[i]! * PAIR + parts[i + 1]!);
      if (own && (!best || own.rank < best.rank)) [best, place] = [own, i];
    }
    if (!best) break;
    parts.splice(place, 2, best.id);
  }
  return Int32Array.from(parts);
}

/** The letter that stands for a byte in a byte-level vocabulary: printable ones for themselves, the others from U+0100 on. */
function byteLetter(byte: number): string {
  return LETTERS[byte]!;
}

const LETTERS: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(isPrintable ? byte : next++);
  });
})();

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

function unsupported(what: string): CorpusError {
  return new CorpusError(
    'bad-tokenizer',
    `this tokenizer.json is not one that the fast byte-level BPE knows (${what}): use a general tokenizer`,
  );
}
