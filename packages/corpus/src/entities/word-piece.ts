import { z } from 'zod';
import { CorpusError } from '../errors.ts';

const fileSchema = z.object({
  normalizer: z.object({ lowercase: z.boolean().optional(), strip_accents: z.boolean().nullable().optional() }).nullable().optional(),
  model: z.object({
    type: z.literal('WordPiece'),
    unk_token: z.string(),
    continuing_subword_prefix: z.string().default('##'),
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

/** The WordPiece tokenizer of a tokenizer.json (BERT). Throws `CorpusError` (`bad-model`) when the file is another kind. */
export function wordPiece(json: unknown): WordEncoder {
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success)
    throw new CorpusError('bad-model', 'tokenizer.json is not a WordPiece one: pass a WordEncoder for this model in as `encoder`');
  const { model, normalizer } = parsed.data;
  const ids = new Map(Object.entries(model.vocab));
  const idOf = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined) throw new CorpusError('bad-model', `the vocabulary of tokenizer.json lacks ${token}: is it the model's own?`);
    return id;
  };
  const unknown = idOf(model.unk_token);
  const isLower = normalizer?.lowercase === true;
  const stripsAccents = normalizer?.strip_accents ?? isLower;
  return {
    first: idOf('[CLS]'),
    last: idOf('[SEP]'),
    encodeWord(word) {
      let rest = stripsAccents ? word.normalize('NFD').replace(/\p{Mn}/gu, '') : word;
      if (isLower) rest = rest.toLowerCase();
      const pieces: number[] = [];
      for (let start = 0; start < rest.length;) {
        let end = rest.length;
        let id: number | undefined;
        for (; end > start && id === undefined; end--)
          id = ids.get((start > 0 ? model.continuing_subword_prefix : '') + rest.slice(start, end));
        if (id === undefined) return [unknown];
        pieces.push(id);
        start = end + 1;
      }
      return pieces.length === 0 ? [unknown] : pieces;
    },
  };
}
