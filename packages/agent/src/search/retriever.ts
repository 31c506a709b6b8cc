/** A passage that a search found. */
export interface RetrievedPassage {
  readonly text: string;
  readonly title?: string;
  readonly id?: string;
  readonly score?: number;
}

/** Finds passages, the best first. What it throws ends the trajectory with `retriever-error`. */
export type Retriever = (
  query: string,
  options: { readonly topK: number; readonly signal?: AbortSignal },
) => Promise<readonly RetrievedPassage[]> | readonly RetrievedPassage[];
