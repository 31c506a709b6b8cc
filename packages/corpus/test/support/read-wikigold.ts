import { readFileSync } from 'node:fs';

/** A sentence with its entities as marked by hand. */
export interface GoldSentence {
  readonly text: string;
  readonly entities: readonly { readonly start: number; readonly end: number; readonly type: string }[];
}

/** Reads a CoNLL file (token and tag a line, blank line between sentences) back into sentences with natural spacing. */
export function readWikigold(path: string): GoldSentence[] {
  const sentences: GoldSentence[] = [];
  for (const block of readFileSync(path, 'utf8').split(/\n\s*\n/)) {
    const entities: { start: number; end: number; type: string }[] = [];
    let text = '';
    let previous = 'O';
    let isQuoted = false;
    let glueNext = true;
    for (const line of block.split('\n')) {
      const [token, tag] = line.trim().split(' ') as [string, string?];
      if (tag === undefined || token === '-DOCSTART-') continue;
      const isQuote = token === '"';
      const isGlued =
        /^[.,;:!?)\]}%]$/.test(token) || /^['’](?:s|re|ve|ll|d|t|m)?$/.test(token) || token === "n't" || (isQuote && isQuoted);
      if (!glueNext && !isGlued) text += ' ';
      const start = text.length;
      text += token;
      glueNext = /^[([{$£€]$/.test(token) || (isQuote && !isQuoted);
      if (isQuote) isQuoted = !isQuoted;
      const type = tag.replace(/^[IB]-/, '');
      if (tag !== 'O' && previous === type && !tag.startsWith('B-')) entities.at(-1)!.end = text.length;
      else if (tag !== 'O') entities.push({ start, end: text.length, type });
      previous = type;
    }
    if (text !== '') sentences.push({ text, entities });
  }
  return sentences;
}
