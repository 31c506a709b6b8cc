import { windowEnd } from './text-windows.ts';
import type { TokenCutter } from './token-cutter.ts';

export interface StreamChunksOptions {
  readonly cutter: TokenCutter;
  readonly chunkTokens: number;
  /** Characters that are tokenised at a time. Default 262,144, or 8 a token where that is more. */
  readonly windowCharacters?: number;
}

/** A chunk of a text; `total` is the number of all chunks, once the end of the text was seen. */
export interface StreamedChunk {
  readonly text: string;
  readonly total?: number;
}

/**
 * Cuts a text of any length into chunks in constant memory. It is tokenised window by window, and each window's last chunk is cut again
 * with what follows, so borders follow from the text alone and not from the pieces that it comes in. A text of one window is cut as
 * `cutChunks` cuts it.
 */
export async function* streamChunks(pieces: AsyncIterable<string>, options: StreamChunksOptions): AsyncGenerator<StreamedChunk> {
  const { cutter, chunkTokens } = options;
  const { windowCharacters = Math.max(1 << 18, 8 * chunkTokens) } = options;
  const source = pieces[Symbol.asyncIterator]();
  let text = '';
  let ended = false;
  let given = 0;
  let wanted = windowCharacters;
  try {
    for (;;) {
      while (!ended && text.length <= wanted) {
        const next = await source.next();
        if (next.done) ended = true;
        else text += next.value;
      }
      if (text.length <= wanted) break;
      const border = windowEnd(text, wanted);
      const chunks = cutter.cut(text.slice(0, border), chunkTokens);
      const rest = chunks.pop();
      if (rest === undefined || chunks.length === 0) {
        // Less than two chunks in it: nothing is certain to be whole yet.
        wanted *= 2;
        continue;
      }
      for (const chunk of chunks) {
        given++;
        yield { text: chunk };
      }
      text = rest + text.slice(border);
      wanted = windowCharacters;
    }
  } finally {
    await source.return?.();
  }
  const chunks = cutter.cut(text, chunkTokens);
  for (const chunk of chunks) yield { text: chunk, total: given + chunks.length };
}
