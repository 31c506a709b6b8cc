/** A WordPiece tokenizer, as BERT-like sentence-embedding models use it. */
export interface WordPieces {
  /** Ids with the tokens that start and end a text, at most `maxTokens` of them. */
  encode(text: string, maxTokens: number): number[];
}

/** From the contents of a tokenizer.json whose model is WordPiece. Throws an `Error` for any other. */
export function wordPieces(json: unknown): WordPieces {
  const file = json as {
    model?: { type?: string; vocab?: Record<string, number>; continuing_subword_prefix?: string };
    normalizer?: { lowercase?: boolean };
  };
  const vocabulary = file.model?.vocab;
  if (!vocabulary || (file.model?.type !== undefined && file.model.type !== 'WordPiece'))
    throw new Error('the tokenizer is not of the kind WordPiece');
  const prefix = file.model?.continuing_subword_prefix ?? '##';
  const lowercase = file.normalizer?.lowercase ?? true;
  const idOf = (token: string): number => {
    const id = vocabulary[token];
    if (id === undefined) throw new Error(`the vocabulary lacks ${token}`);
    return id;
  };
  const [start, end, unknown] = [idOf('[CLS]'), idOf('[SEP]'), idOf('[UNK]')];
  return {
    encode(text, maxTokens) {
      const ids = [start];
      for (const word of basicWords(text, lowercase)) {
        for (const id of pieces(word)) ids.push(id);
        if (ids.length >= maxTokens - 1) break;
      }
      return [...ids.slice(0, maxTokens - 1), end];
    },
  };

  /** Longest pieces first; a word without them, or too long, is unknown. */
  function pieces(word: string): number[] {
    if (word.length > 100) return [unknown];
    const found: number[] = [];
    for (let at = 0; at < word.length;) {
      let to = word.length;
      let id: number | undefined;
      for (; to > at && id === undefined; to--) id = vocabulary![(at > 0 ? prefix : '') + word.slice(at, to)];
      if (id === undefined) return [unknown];
      found.push(id);
      at = to + 1;
    }
    return found;
  }
}

/** Words and punctuation marks, accents removed where letters are lowered; every Han character is a word. */
function basicWords(text: string, lowercase: boolean): string[] {
  const clean = text.replace(/[\p{Cc}\p{Cf}\ufffd]/gu, (mark) => (/\s/.test(mark) ? ' ' : ''));
  const normal = lowercase
    ? clean
        .toLowerCase()
        .normalize('NFD')
        .replace(/\p{Mn}/gu, '')
    : clean;
  return normal.match(/[\p{Script=Han}]|[\p{P}$+<=>^`|~]|(?:(?![\p{Script=Han}\p{P}$+<=>^`|~\s]).)+/gu) ?? [];
}
