import { cutChunks } from '@memtrain/agent';
import type { RolloutDocument } from '@memtrain/agent';
import type { Tokenizer } from '@memtrain/policy';
import type { MaskedText } from './read-documents-file.ts';

export interface RolloutDocumentOptions {
  readonly tokenizer: Tokenizer;
  readonly chunkTokens: number;
  /** Of a longer document, that stretch is read which holds the most placeholders (the first of equals). */
  readonly maxChunks: number;
}

/** A masked document cut for reading. */
export function rolloutDocument(document: MaskedText, options: RolloutDocumentOptions): RolloutDocument & { readonly whole: boolean } {
  const { tokenizer, chunkTokens, maxChunks } = options;
  const chunks = cutChunks(tokenizer, document.text, chunkTokens);
  const counts = chunks.map((chunk) => chunk.split(document.mask).length - 1);
  let start = 0;
  let most = -1;
  for (let from = 0; from === 0 || from + maxChunks <= chunks.length; from++) {
    const held = counts.slice(from, from + maxChunks).reduce((sum, count) => sum + count, 0);
    if (held > most) [start, most] = [from, held];
  }
  return {
    id: document.id,
    chunks: chunks.slice(start, start + maxChunks),
    gold: document.gold,
    objective: 'E',
    ...(document.question !== undefined && { problem: document.question }),
    whole: chunks.length <= maxChunks,
  };
}
