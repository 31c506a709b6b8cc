import type { PassageStore } from '../passages/passage-store.ts';
import type { EmbeddingModel } from './embeddings.ts';
import { CorpusError } from '../errors.ts';
import type { RelatedPassages } from './related-passages.ts';
import type { Related } from './related.ts';

export interface DenseRelatedOptions {
  /** Passages embedded at a time. Default 256. */
  readonly batchSize?: number;
  readonly onProgress?: (passages: number) => void;
}

/**
 * Related passages by the cosine of embeddings (title and text). Embeds the whole store first and then compares with every passage:
 * 4 bytes a dimension and passage in memory, so for corpora up to about a million passages.
 * Throws `CorpusError` (`bad-retriever`) when vectors differ in length.
 */
export async function denseRelated(
  passages: PassageStore,
  model: EmbeddingModel,
  options: DenseRelatedOptions = {},
): Promise<RelatedPassages> {
  const { batchSize = 256, onProgress } = options;
  let vectors: Float32Array | undefined;
  let width = 0;
  let done = 0;
  const embed = async (texts: readonly string[]): Promise<void> => {
    for (const vector of await model.embed(texts)) {
      if (!vectors) {
        width = vector.length;
        vectors = new Float32Array(new SharedArrayBuffer(4 * width * passages.size));
      }
      if (vector.length !== width)
        throw new CorpusError('bad-retriever', `an embedding has ${vector.length} numbers, the first had ${width}: use one model`);
      const length = Math.hypot(...vector) || 1;
      vectors.set(
        vector.map((value) => value / length),
        width * done++,
      );
    }
    onProgress?.(done);
  };
  let batch: string[] = [];
  for (const { title, text } of passages) {
    batch.push(`${title}\n${text}`);
    if (batch.length === batchSize) {
      await embed(batch);
      batch = [];
    }
  }
  if (batch.length > 0) await embed(batch);
  const all = vectors ?? new Float32Array(0);
  return {
    related: (pivot, { count }) => Promise.resolve(nearest(all, { width, pivot: pivot.number, count })),
  };
}

function nearest(
  vectors: Float32Array,
  { width, pivot, count }: { readonly width: number; readonly pivot: number; readonly count: number },
): Related[] {
  const own = vectors.subarray(pivot * width, (pivot + 1) * width);
  const top: Related[] = [];
  for (let passage = 0; passage * width < vectors.length; passage++) {
    if (passage === pivot) continue;
    let score = 0;
    for (let i = 0, at = passage * width; i < width; i++) score += own[i]! * vectors[at + i]!;
    if (top.length === count && score <= top[count - 1]!.score) continue;
    let at = top.length;
    while (at > 0 && top[at - 1]!.score < score) at--;
    top.splice(at, 0, { passage, score });
    if (top.length > count) top.pop();
  }
  return top;
}
