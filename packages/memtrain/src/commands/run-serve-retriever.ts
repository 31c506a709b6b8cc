import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Retriever } from '@memtrain/agent';
import { serveRetriever } from '@memtrain/benchmarks';
import type { BatchRetriever } from '@memtrain/benchmarks';
import { embeddingsEndpoint, onnxEmbeddings } from '@memtrain/corpus';
import { errorLine } from '../error-line.ts';
import { MemtrainError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { openBm25 } from './serve-retriever-bm25.ts';
import { openDense } from './serve-retriever-dense.ts';
import type { DenseModel } from './serve-retriever-dense.ts';
import { buildRetrieverIndex, openRetrieverIndex } from './serve-retriever-index.ts';
import type { RetrieverIndex } from './serve-retriever-index.ts';
import { bm25Retriever, denseRetriever } from './serve-retriever-search.ts';
import type { ServeRetrieverCommandOptions } from './serve-retriever.ts';

/** Does what `memtrain serve-retriever` was asked for, until it is interrupted. */
export async function runServeRetriever(options: ServeRetrieverCommandOptions, context: CommandContext): Promise<void> {
  checkOptions(options);
  const { corpus, kind, host, port, topk } = options;
  const folder = options.index ?? `${corpus}.index`;
  if (corpus !== undefined) await build(corpus, folder, context);
  const index = openRetrieverIndex(folder);
  try {
    const server = await serveRetriever(await openRetriever(index, options, context), {
      host,
      port,
      topK: topk,
      about: { kind, passages: index.size, corpus: index.corpus },
      onError: (error) => void process.stderr.write(`${errorLine(error)}\n`),
    });
    context.print(`${index.size} passages of ${index.corpus.name} (${kind}) at ${server.url}/retrieve; stop with Ctrl-C`);
    await new Promise<void>((stop) => {
      if (context.signal.aborted) stop();
      context.signal.addEventListener('abort', () => stop(), { once: true });
    });
    await server.close();
  } finally {
    index.close();
  }
}

function checkOptions({ corpus, index, kind, embeddings, embeddingsModel, k1, b }: ServeRetrieverCommandOptions): void {
  const fail = (message: string): never => {
    throw new MemtrainError('usage', message);
  };
  if (corpus === undefined && index === undefined) fail('give --corpus FILE.jsonl, --index FOLDER, or both');
  if (kind !== 'bm25' && embeddings === undefined) fail(`--kind ${kind} needs --embeddings: a model's folder, or the address of a server`);
  if (embeddings !== undefined && isAddress(embeddings) && embeddingsModel === undefined)
    fail('--embeddings ADDRESS needs --embeddings-model');
  if (!(k1 >= 0) || !(b >= 0 && b <= 1)) fail('BM25 needs --k1 of at least 0 and --b from 0 to 1');
}

async function build(corpus: string, folder: string, { signal, progress }: CommandContext): Promise<void> {
  const total = statSync(corpus, { throwIfNoEntry: false })?.size ?? 0;
  const kib = (bytes: number): number => Math.ceil(bytes / 1024);
  const task = progress.task('indexing the corpus (KiB)', kib(total));
  try {
    await resumable(signal, () =>
      buildRetrieverIndex(corpus, folder, { signal, onProgress: ({ byte, rows }) => task.update(kib(byte), `${rows} passages`) }),
    );
  } finally {
    task.finish();
  }
}

async function openRetriever(
  index: RetrieverIndex,
  options: ServeRetrieverCommandOptions,
  { signal, progress }: CommandContext,
): Promise<Retriever | BatchRetriever> {
  const bm25 = options.kind === 'dense' ? undefined : openBm25(index.shards(), options);
  if (options.kind === 'bm25') return bm25Retriever(index, bm25!);
  const task = progress.task('embedding passages', index.size);
  try {
    const model = await embeddingModel(options);
    return denseRetriever(index, await resumable(signal, () => openDense(index, model, { signal, onProgress: task.update })), bm25);
  } finally {
    task.finish();
  }
}

async function embeddingModel(options: ServeRetrieverCommandOptions): Promise<DenseModel> {
  const {
    embeddings: place = '',
    embeddingsModel: name = basename(resolve(place)),
    embeddingsKeyEnv,
    queryPrefix,
    passagePrefix,
  } = options;
  const apiKey = embeddingsKeyEnv === undefined ? undefined : process.env[embeddingsKeyEnv];
  if (embeddingsKeyEnv !== undefined && !apiKey) throw new MemtrainError('usage', `the environment variable ${embeddingsKeyEnv} is empty`);
  const model = isAddress(place)
    ? embeddingsEndpoint({ baseUrl: place, model: name, ...(apiKey === undefined ? {} : { apiKey }) })
    : await onnxEmbeddings(place);
  return { model, name, queryPrefix, passagePrefix };
}

function isAddress(place: string): boolean {
  return /^https?:\/\//.test(place);
}

async function resumable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new MemtrainError('interrupted', 'stopped; what is indexed is kept: the same command goes on from there', { cause });
  }
}
