import type { Retriever } from '@memtrain/agent';
import { openBm25 } from '../commands/serve-retriever-bm25.ts';
import { openRetrieverIndex } from '../commands/serve-retriever-index.ts';
import { bm25Retriever } from '../commands/serve-retriever-search.ts';
import { retrieverCorpus } from '../evaluation/retriever-corpus.ts';

/** What is searched while training. */
export interface OpenedRetriever {
  readonly retriever: Retriever | string;
  /** What it searches, as far as it tells. */
  readonly identity: string;
  readonly about: string;
  close(): void;
}

/** The folder of an index that `memtrain serve-retriever` made, searched by BM25 in this process; or the address of a `/retrieve` server. */
export async function openRetriever(place: string): Promise<OpenedRetriever> {
  if (/^https?:\/\//.test(place)) {
    const identity = (await retrieverCorpus(place)) ?? place;
    return { retriever: place, identity, about: place, close: () => undefined };
  }
  const index = openRetrieverIndex(place);
  const { size, corpus } = index;
  return {
    retriever: bm25Retriever(index, openBm25(index.shards(), { k1: 1.2, b: 0.75 })),
    // The same text as a server of this index gives: a run may go on with either.
    identity: JSON.stringify({ kind: 'bm25', passages: size, corpus }),
    about: `${size} passages of ${corpus.name}`,
    close: () => index.close(),
  };
}
