import { textWindows } from './text-windows.ts';
import type { TokenCutter } from './token-cutter.ts';

/**
 * MemAgent's cut of a text that is too long: the first and the last half of `tokens` tokens stay, the middle goes. Needs memory for what
 * stays. A text that is short enough is given back as it is.
 */
export async function centreCut(
  pieces: AsyncIterable<string>,
  options: { readonly cutter: TokenCutter; readonly tokens: number; readonly windowCharacters?: number },
): Promise<string> {
  const { cutter, tokens, windowCharacters = 1 << 18 } = options;
  const first = Math.floor(tokens / 2);
  const last = tokens - first;
  let head: string | undefined;
  let pending = '';
  let held = 0;
  const tail: { readonly text: string; readonly count: number }[] = [];
  const keep = (text: string): void => {
    const count = cutter.count(text);
    tail.push({ text, count });
    held += count;
    while (tail.length > 1 && held - tail[0]!.count >= last) held -= tail.shift()!.count;
  };
  for await (const piece of textWindows(pieces, windowCharacters)) {
    if (head !== undefined) {
      keep(piece);
      continue;
    }
    pending += piece;
    const [start, ...others] = cutter.cut(pending, first);
    if (others.length < 2) continue;
    head = start!;
    pending = '';
    keep(others.join(''));
  }
  if (head === undefined) {
    const chunks = cutter.cut(pending, first);
    head = chunks.shift() ?? '';
    keep(chunks.join(''));
  }
  const rest = tail.map(({ text }) => text).join('');
  const count = cutter.count(rest);
  if (count <= last) return head + rest;
  const [, ...end] = cutter.cut(rest, count - last);
  return head + end.join('');
}
