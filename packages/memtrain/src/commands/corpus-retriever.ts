import { join } from 'node:path';
import {
  bm25Related,
  buildIndex,
  denseRelated,
  embeddingsEndpoint,
  hybridRelated,
  lanceRelated,
  onnxEmbeddings,
  remoteRelated,
} from '@memtrain/corpus';
import type { BuildCorpusOptions, EmbeddingModel, PassageStore, RelatedPassages } from '@memtrain/corpus';
import { MemtrainError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import type { CorpusBuildOptions } from './corpus-build.ts';

/** What `corpus build` finds related passages with; undefined is its own BM25. Throws `MemtrainError` (`usage`). */
export function retrieverOf(options: CorpusBuildOptions, { progress }: CommandContext): BuildCorpusOptions['retriever'] {
  const { retrieve, embeddings, hybrid, lance } = options;
  if (retrieve !== undefined && (embeddings !== undefined || lance !== undefined))
    throw new MemtrainError('usage', 'give --retrieve, or --embeddings and --lance, not both');
  if (hybrid && retrieve === undefined && embeddings === undefined)
    throw new MemtrainError('usage', '--hybrid combines BM25 with another retriever: give --retrieve or --embeddings too');
  const open = embeddings === undefined ? undefined : embeddingsOf(options, embeddings);
  if (retrieve === undefined && open === undefined && lance === undefined) return undefined;

  const shown = (label: string, passages: PassageStore, work: (onProgress: (done: number) => void) => Promise<RelatedPassages>) => {
    const task = progress.task(label, passages.size);
    return work((done) => task.update(done)).finally(() => task.finish());
  };
  const byWords = async (passages: PassageStore): Promise<RelatedPassages> =>
    lance === undefined
      ? bm25Related(buildIndex(passages))
      : shown('writing passages', passages, (onProgress) => lanceRelated(join(lance, 'words'), passages, { onProgress }));
  const byVectors = (passages: PassageStore, model: EmbeddingModel): Promise<RelatedPassages> =>
    shown('embedding passages', passages, (onProgress) =>
      lance === undefined
        ? denseRelated(passages, model, { onProgress })
        : lanceRelated(join(lance, 'vectors'), passages, {
            embeddings: model,
            embeddingsName: options.embeddingsModel ?? embeddings!,
            onProgress,
          }),
    );
  return async (passages) => {
    if (retrieve === undefined && open === undefined) return byWords(passages);
    const own = retrieve === undefined ? await byVectors(passages, await open!()) : remoteRelated({ url: retrieve });
    return hybrid ? hybridRelated([await byWords(passages), own]) : own;
  };
}

/** Checks what is asked for; the model is opened when it is needed. */
function embeddingsOf({ embeddingsModel, embeddingsKeyEnv }: CorpusBuildOptions, embeddings: string): () => Promise<EmbeddingModel> {
  const isAddress = /^https?:/.test(embeddings);
  if (isAddress && embeddingsModel === undefined)
    throw new MemtrainError('usage', '--embeddings with an address needs the name of the model: give --embeddings-model');
  const apiKey = embeddingsKeyEnv === undefined ? undefined : process.env[embeddingsKeyEnv];
  if (embeddingsKeyEnv !== undefined && !apiKey)
    throw new MemtrainError('usage', `--embeddings-key-env ${embeddingsKeyEnv}: that environment variable is not set`);
  if (!isAddress) return () => onnxEmbeddings(embeddings);
  const endpoint = { baseUrl: embeddings, model: embeddingsModel!, ...(apiKey === undefined ? {} : { apiKey }) };
  return () => Promise.resolve(embeddingsEndpoint(endpoint));
}
