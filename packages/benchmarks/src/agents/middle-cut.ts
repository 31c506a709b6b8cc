import { cutChunks, cutChunksByWords } from '@memtrain/agent';
import type { TextSource } from '@memtrain/agent';
import type { Tokenizer } from '@memtrain/policy';
import { createReadStream } from 'node:fs';

/** Characters of a token that are looked at, at most: of longer ones less than asked for is kept. */
const widest = 12;

/**
 * The text without its middle, where it has more than `tokens` tokens: what is left of it fits, half from its beginning and half from its
 * end. Without a tokenizer 3/4 of a word is taken for a token.
 */
export function middleCut(text: string, tokens: number, tokenizer?: Tokenizer): string {
  const cut = (part: string, size: number): string[] =>
    tokenizer ? cutChunks(tokenizer, part, size) : cutChunksByWords(part, Math.max(1, Math.floor(size * 0.75)));
  if (text.length <= widest * tokens && cut(text, tokens).length <= 1) return text;
  const half = Math.floor(tokens / 2);
  if (half < 1) return cut(text.slice(0, widest * tokens), tokens)[0] ?? '';
  const head = cut(text.slice(0, widest * half), half)[0] ?? '';
  const rest = text.slice(Math.max(head.length, text.length - widest * half));
  const pieces = cut(rest, half);
  const last = pieces.pop() ?? '';
  const before = pieces.pop() ?? '';
  // The last piece is short: what is missing to the half comes from the end of the one before it.
  const missing = half - (tokenizer ? tokenizer.encode(last).length : Math.ceil(cutChunksByWords(last, 1).length / 0.75));
  const filler =
    missing > 0 && before !== ''
      ? cut(before, Math.max(1, half - missing))
          .slice(1)
          .join('')
      : '';
  return `${head}${filler}${last}`;
}

/** All of a text as one string. */
export async function wholeText(source: TextSource): Promise<string> {
  if (typeof source === 'string') return source;
  if (Array.isArray(source)) return (source as readonly string[]).join('');
  const decoder = new TextDecoder('utf-8');
  const parts: string[] = [];
  const pieces = 'file' in source ? createReadStream(source.file) : (source as AsyncIterable<string | Uint8Array>);
  for await (const piece of pieces as AsyncIterable<string | Uint8Array>) {
    parts.push(typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join('');
}
