import { createReadStream } from 'node:fs';

/** A text: a string, the chunks of one that is cut already, a UTF-8 file, or pieces of any size (strings, or UTF-8 bytes) as they come. */
export type TextSource = string | readonly string[] | { readonly file: string } | AsyncIterable<string | Uint8Array>;

/** No piece is larger, so that no step needs memory for more than a few of them. */
const pieceCharacters = 1 << 18;

/** A text in pieces of bounded size; the byte-order mark of a file or of bytes is left out. Pieces may be cut inside a character. */
export async function* textPieces(source: Exclude<TextSource, readonly string[]>): AsyncGenerator<string> {
  if (typeof source === 'string') {
    yield* bounded(source);
    return;
  }
  const decoder = new TextDecoder('utf-8');
  for await (const piece of isFile(source) ? createReadStream(source.file) : source) {
    yield* bounded(typeof piece === 'string' ? piece : decoder.decode(piece as Uint8Array, { stream: true }));
  }
  yield* bounded(decoder.decode());
}

/** True for a text that is cut already. */
export function isCut(source: TextSource): source is readonly string[] {
  return Array.isArray(source);
}

function isFile(source: object): source is { readonly file: string } {
  return 'file' in source;
}

function* bounded(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += pieceCharacters) yield text.slice(start, start + pieceCharacters);
}
