import { cutTokenChunks } from '../tokens/cut-token-chunks.ts';
import type { TokenChunk } from '../tokens/cut-token-chunks.ts';
import type { TokenCounter } from '../tokens/token-counter.ts';
import type { DocumentSettings } from './document-options.ts';
import { documentText } from './document.ts';
import type { DocumentPassage } from './document.ts';

/** A passage on its way into a document. */
export interface PlacedPassage extends DocumentPassage {
  /** Random passages without evidence may go; the highest number goes first. Undefined for all others. */
  readonly droppable: number | undefined;
}

export type FitRefusal = 'too-long' | 'too-short';

/** Passages that fit, and their chunks. */
export interface FittedDocument {
  readonly passages: readonly PlacedPassage[];
  readonly text: string;
  readonly chunks: readonly TokenChunk[];
  readonly tokens: number;
}

/** Drops random passages until the text fits into the chunks and below the most tokens, and cuts it. */
export function fitDocument(
  placed: readonly PlacedPassage[],
  counter: TokenCounter,
  settings: Pick<DocumentSettings, 'minTokens' | 'maxTokens' | 'chunkTokens' | 'maxChunks'>,
): FittedDocument | FitRefusal {
  const { minTokens, maxTokens, chunkTokens, maxChunks } = settings;
  let passages = placed;
  for (;;) {
    const text = documentText({ passages });
    const chunks = cutTokenChunks(text, counter, chunkTokens);
    const tokens = chunks.reduce((sum, chunk) => sum + chunk.tokens, 0);
    // Chunks are not quite full, so what lies behind the last one counts as well.
    const behind = chunks.slice(maxChunks).reduce((sum, chunk) => sum + chunk.tokens, 0);
    const excess = Math.max(tokens - maxTokens, behind);
    if (excess <= 0) return tokens < minTokens ? 'too-short' : { passages, text, chunks, tokens };
    const shorter = drop(passages, excess, counter);
    if (shorter.length === passages.length) return 'too-long';
    passages = shorter;
  }
}

function drop(passages: readonly PlacedPassage[], excess: number, counter: TokenCounter): readonly PlacedPassage[] {
  const candidates = passages.filter((passage) => passage.droppable !== undefined).toSorted((a, b) => b.droppable! - a.droppable!);
  const dropped = new Set<PlacedPassage>();
  let freed = 0;
  for (const passage of candidates) {
    if (freed >= excess) break;
    dropped.add(passage);
    freed += counter.count(`${passage.title}\n${passage.text}\n\n`);
  }
  return passages.filter((passage) => !dropped.has(passage));
}
