import { z } from 'zod';
import { CorpusError } from '../errors.ts';

const fileSchema = z.object({
  normalizer: z.object({ lowercase: z.boolean().optional(), strip_accents: z.boolean().nullable().optional() }).nullable().optional(),
  model: z.object({
    type: z.literal('WordPiece').default('WordPiece'),
    unk_token: z.string().default('[UNK]'),
    continuing_subword_prefix: z.string().default('##'),
    max_input_chars_per_word: z.number().default(100),
    vocab: z.custom<Record<string, number>>((value) => typeof value === 'object' && value !== null, 'no vocabulary'),
  }),
});

/** Ids of words, and of the tokens around a sequence. */
export interface WordEncoder {
  /** Ids of one word without white space; at least one. */
  encodeWord(word: string): number[];
  readonly first: number;
  readonly last: number;
}

/** A WordPiece tokenizer, as BERT-like models use it. */
export interface WordPiece extends WordEncoder {
  /** Ids of a text between those that start and end a sequence, at most `maxTokens` in all. */
  encode(text: string, maxTokens: number): number[];
}

/** The WordPiece tokenizer of a tokenizer.json (BERT). Throws `CorpusError` (`bad-model`) when the file is another kind. */
export function wordPiece(json: unknown): WordPiece {
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success)
    throw new CorpusError('bad-model', 'tokenizer.json is not a WordPiece one: use a model that has one, or an encoder of your own');
  const { model, normalizer } = parsed.data;
  const ids = new Map(Object.entries(model.vocab));
  const idOf = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined) throw new CorpusError('bad-model', `the vocabulary of tokenizer.json lacks ${token}: is it the model's own?`);
    return id;
  };
  const [first, last, unknown] = [idOf('[CLS]'), idOf('[SEP]'), idOf(model.unk_token)];
  const isLower = normalizer?.lowercase === true;
  const stripsAccents = normalizer?.strip_accents ?? isLower;

  /** Longest pieces first; a word without them, or too long, is unknown. */
  const pieces = (word: string): number[] => {
    if (word.length > model.max_input_chars_per_word) return [unknown];
    const found: number[] = [];
    for (let start = 0; start < word.length;) {
      let end = word.length;
      let id: number | undefined;
      for (; end > start && id === undefined; end--)
        id = ids.get((start > 0 ? model.continuing_subword_prefix : '') + word.slice(start, end));
      if (id === undefined) return [unknown];
      found.push(id);
      start = end + 1;
    }
    return found;
  };
  const words = (text: string): string[] => {
    let normal = text.replace(/[\p{Cc}\p{Cf}\ufffd]/gu, (mark) => (/\s/.test(mark) ? ' ' : ''));
    if (isLower) normal = normal.toLowerCase();
    if (stripsAccents) normal = normal.normalize('NFD').replace(/\p{Mn}/gu, '');
    // Words and punctuation marks; every Han character is a word.
    return normal.match(/[\p{Script=Han}]|[\p{P}$+<=>^`|~]|(?:(?![\p{Script=Han}\p{P}$+<=>^`|~\s]).)+/gu) ?? [];
  };
  return {
    first,
    last,
    encodeWord(word) {
      const found = words(word).flatMap(pieces);
      return found.length === 0 ? [unknown] : found;
    },
    encode(text, maxTokens) {
      const found = [first];
      for (const word of words(text)) {
        for (const id of pieces(word)) found.push(id);
        if (found.length >= maxTokens - 1) break;
      }
      return [...found.slice(0, maxTokens - 1), last];
    },
  };
}
