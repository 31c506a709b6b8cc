import type { TokenCounter } from './token-counter.ts';

/** A stretch of a text: offsets in UTF-16 units, end exclusive, and its tokens when it is encoded alone. */
export interface TokenChunk {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
}

/** White space and the word behind it; the last one may be white space alone. */
const UNIT = /\s*\S+|\s+$/g;
const PLACEHOLDER = /\[\\*(?:MASK|TARGET)\]/g;
/** A longer word (a URL, a line of Chinese) is cut between its characters, and so is a shorter one that no chunk holds. */
const LONG_UNIT = 48;
const MOST_CACHED = 200_000;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Cuts a text into chunks of at most `chunkTokens` tokens each, as full as whole words allow; joined they are the text. No border lies
 * inside a placeholder or a character (a grapheme cluster); only one of more than `chunkTokens` tokens makes a longer chunk.
 */
export function cutTokenChunks(text: string, counter: TokenCounter, chunkTokens: number): TokenChunk[] {
  const ends: number[] = [];
  const tokens: number[] = [];
  const cache = cacheOf(counter);
  const countOf = (unit: string): number => {
    let count = cache.get(unit);
    if (count === undefined) {
      count = counter.count(unit);
      if (cache.size >= MOST_CACHED) cache.clear();
      cache.set(unit, count);
    }
    return count;
  };
  for (const end of unitEnds(text, (unit) => countOf(unit) <= chunkTokens)) {
    const unit = text.slice(ends.at(-1) ?? 0, end);
    ends.push(end);
    tokens.push(countOf(unit));
  }
  const chunks: TokenChunk[] = [];
  let start = 0;
  for (let first = 0; first < ends.length;) {
    let next = first;
    let sum = 0;
    while (next < ends.length && (next === first || sum + tokens[next]! <= chunkTokens)) sum += tokens[next++]!;
    // Tokens can span units: the chunk as a whole is what counts.
    let exact = counter.count(text.slice(start, ends[next - 1]));
    while (exact > chunkTokens && next - first > 1) {
      let excess = exact - chunkTokens;
      while (excess > 0 && next - first > 1) excess -= Math.max(1, tokens[--next]!);
      exact = counter.count(text.slice(start, ends[next - 1]));
    }
    chunks.push({ start, end: ends[next - 1]!, tokens: exact });
    start = ends[next - 1]!;
    first = next;
  }
  return chunks;
}

const caches = new WeakMap<TokenCounter, Map<string, number>>();

function cacheOf(counter: TokenCounter): Map<string, number> {
  const known = caches.get(counter);
  if (known) return known;
  const fresh = new Map<string, number>();
  caches.set(counter, fresh);
  return fresh;
}

function* unitEnds(text: string, fits: (unit: string) => boolean): Generator<number> {
  for (const match of text.matchAll(UNIT)) {
    const end = match.index + match[0].length;
    if (match[0].length > LONG_UNIT) yield* insideEnds(match[0], match.index, LONG_UNIT / 4);
    else if (!fits(match[0])) yield* insideEnds(match[0], match.index, 1);
    yield end;
  }
}

/** Borders inside a long word: every `step` units or a little more, between characters, outside of placeholders. */
function* insideEnds(word: string, offset: number, step: number): Generator<number> {
  const closed = [...word.matchAll(PLACEHOLDER)].map((match) => [match.index, match.index + match[0].length] as const);
  let last = 0;
  for (const { index } of graphemes.segment(word)) {
    const isInside = closed.some(([from, to]) => index > from && index < to);
    if (isInside || index - last < step) continue;
    last = index;
    yield offset + index;
  }
}
