import type { RetrievedPassage } from '@memtrain/agent';

/** Finds passages for several queries at once: one list a query, in their order, the best first. */
export interface BatchRetriever {
  batch(
    queries: readonly string[],
    options: { readonly topK: number },
  ): Promise<readonly (readonly RetrievedPassage[])[]> | readonly (readonly RetrievedPassage[])[];
}
