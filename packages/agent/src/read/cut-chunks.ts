import type { Tokenizer } from '@memtrain/policy';
import { checkIntegers } from '../check-options.ts';
import { unspacedScripts } from '../unspaced-script.ts';

const word = new RegExp(`[${unspacedScripts}]\\p{M}*|[^\\s${unspacedScripts}]+`, 'gu');

/** How many tokens a border may move to get out of a character; longer clusters (noise) are cut. */
const reach = 32;

/**
 * Cuts a text into chunks of at most `chunkTokens` tokens, the last one short, without overlap. A border inside a character (a code point
 * and its combining marks) moves to the left; a character of more than `chunkTokens` tokens makes a longer chunk. The chunks joined are the
 * text exactly as the tokenizer gives it back, `decode(encode(text))`. A chunk encoded alone can differ by a few tokens at its borders.
 * Throws `AgentError` (`bad-options`) when `chunkTokens` is not a positive integer.
 */
export function cutChunks(tokenizer: Tokenizer, text: string, chunkTokens: number): string[] {
  checkIntegers({ chunkTokens }, 1);
  const ids = tokenizer.encode(text);
  const source = tokenizer.decode(ids);
  const chunks: string[] = [];
  let offset = 0;
  for (let start = 0; start < ids.length;) {
    const wanted = Math.min(start + chunkTokens, ids.length);
    let stop: number | undefined;
    let end = wanted;
    for (const border of borders(start, wanted, ids.length)) {
      stop = border === ids.length ? source.length : borderAt(source, offset, tokenizer.decode(ids.subarray(start, border)));
      end = border;
      if (stop !== undefined) break;
    }
    // No whole character ends within reach: then the piece as decoded must do.
    if (stop === undefined) {
      end = wanted;
      stop = Math.min(source.length, offset + tokenizer.decode(ids.subarray(start, end)).length);
    }
    if (stop > offset) chunks.push(source.slice(offset, stop));
    offset = stop;
    start = end;
  }
  return chunks;
}

/**
 * Cuts a text into chunks of at most `chunkWords` words, for endpoints without a tokenizer; in scripts without spaces a character counts as
 * a word. The chunks joined are the text. Throws `AgentError` (`bad-options`) when `chunkWords` is not a positive integer.
 */
export function cutChunksByWords(text: string, chunkWords: number): string[] {
  checkIntegers({ chunkWords }, 1);
  const chunks: string[] = [];
  let offset = 0;
  let words = 0;
  for (const match of text.matchAll(word)) {
    if (words > 0 && words % chunkWords === 0) {
      chunks.push(text.slice(offset, match.index));
      offset = match.index;
    }
    words++;
  }
  if (words > 0) chunks.push(text.slice(offset));
  return chunks;
}

/** Places for a border, the best first: the wanted one, then to its left, then to its right. */
function* borders(start: number, wanted: number, length: number): Generator<number> {
  for (let border = wanted; border > Math.max(start, wanted - reach); border--) yield border;
  for (let border = wanted + 1; border <= Math.min(length, wanted + reach); border++) yield border;
}

/** Where `piece`, found in `source` at `offset`, ends; undefined when it is not found or ends inside a character. */
function borderAt(source: string, offset: number, piece: string): number | undefined {
  // Decoders differ at a border by at most one space: words are joined by one, and some drop a leading one.
  const from = [offset, offset + 1].find((place) => source.startsWith(piece, place) && source.slice(offset, place).trim() === '');
  if (from === undefined) return undefined;
  const stop = from + piece.length;
  // Half a character decodes to U+FFFD; one that the text itself holds cannot be told from it, so no border follows either.
  const cutsBytes = piece.endsWith('\ufffd');
  const cutsMarks = piece.endsWith('\u200d') || /^[\p{M}\u200d]/u.test(source.slice(stop, stop + 2));
  return cutsBytes || cutsMarks ? undefined : stop;
}
