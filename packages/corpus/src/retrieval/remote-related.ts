import { CorpusError } from '../errors.ts';
import { postJson } from './embeddings.ts';
import type { RelatedPassages } from './related-passages.ts';
import type { Related } from './related.ts';

export interface RemoteRelatedOptions {
  /** Address of a server that speaks Search-R1's protocol, e.g. `http://localhost:8000/retrieve`. */
  readonly url: string;
  /** Number of the passage that a found document stands for; undefined leaves it out. Default: its `id`, a whole number. */
  readonly numberOf?: (document: RemoteDocument) => number | undefined;
  /** Most words of the query. Default 100. */
  readonly queryWords?: number;
  readonly attempts?: number;
  readonly fetch?: typeof fetch;
}

/** A document as the server gives it: at least `id`, often `contents`. */
export type RemoteDocument = Readonly<Record<string, unknown>>;

/** Related passages from a `/retrieve` server over the same passages. Calls throw `CorpusError` (`bad-retriever`). */
export function remoteRelated(options: RemoteRelatedOptions): RelatedPassages {
  const { url, numberOf = idOf, queryWords = 100 } = options;
  return {
    async related(pivot, { count }) {
      const query = `${pivot.title} ${pivot.text}`.split(/\s+/).slice(0, queryWords).join(' ');
      // One more than wanted: the pivot finds itself.
      const answer = await postJson(url, { queries: [query], topk: count + 1, return_scores: true }, options);
      const hits = (answer as { result?: unknown[][] } | null)?.result?.[0];
      if (!Array.isArray(hits)) {
        throw new CorpusError('bad-retriever', `${url} did not answer {result: [[...]]}: it must speak Search-R1's /retrieve protocol`);
      }
      const found: Related[] = [];
      const seen = new Set([pivot.number]);
      hits.forEach((hit, rank) => {
        const { document = hit, score } = hit as { document?: RemoteDocument; score?: number };
        const passage = numberOf(document as RemoteDocument);
        if (passage === undefined || seen.has(passage)) return;
        seen.add(passage);
        found.push({ passage, score: score ?? 1 / (rank + 1) });
      });
      return found.slice(0, count);
    },
  };
}

function idOf({ id }: RemoteDocument): number | undefined {
  const number = typeof id === 'string' && /^\d+$/.test(id) ? Number(id) : id;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}
