import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '@memtrain/durable-files';
import { CorpusError } from '../errors.ts';
import type { PassageStore } from '../passages/passage-store.ts';
import type { EmbeddingModel } from './embeddings.ts';
import { importLance } from './lance-module.ts';
import type { LanceModule, LanceRow, LanceTable } from './lance-module.ts';
import type { Pivot, RelatedPassages } from './related-passages.ts';
import type { Related } from './related.ts';
import { STOP_WORDS, terms } from './terms.ts';

export interface LanceRelatedOptions {
  /** Ranks by the cosine of embeddings of title and text. Default BM25 over them. */
  readonly embeddings?: EmbeddingModel;
  /** Names the embeddings: a table of vectors by another model is built anew. Default `embeddings`. */
  readonly embeddingsName?: string;
  /** Passages written at a time. Default 20,000; 1,000 with embeddings. */
  readonly batchSize?: number;
  /** Folder whose `node_modules` holds `@lancedb/lancedb`. Default: it is found from this package. */
  readonly packageFolder?: string;
  readonly onProgress?: (passages: number) => void;
}

const TABLE = 'passages';
/** Says what the table holds, and that it is complete. */
const DESCRIPTION = 'memtrain.json';
/** Fewer vectors are compared one by one. */
const LEAST_INDEXED_VECTORS = 100_000;
const SAMPLED_PASSAGES = 64;

/**
 * Related passages from a LanceDB table on disk, for corpora whose index does not fit into memory: BM25 over title and text, or vectors. The
 * table is made in `folder` when that does not hold these passages already. Needs the optional peer `@lancedb/lancedb`.
 * Throws `CorpusError`: `not-supported` (the package is not installed), `bad-retriever` (LanceDB fails, or vectors differ in length).
 */
export async function lanceRelated(folder: string, passages: PassageStore, options: LanceRelatedOptions = {}): Promise<RelatedPassages> {
  const { embeddings } = options;
  const lance = await importLance(options.packageFolder);
  return guarded(folder, async () => {
    const table = await openTable(lance, folder, passages, options);
    return {
      related: (pivot, { count }) =>
        guarded(folder, async () => {
          if (count <= 0) return [];
          // One more than wanted: the pivot finds itself.
          const rows = embeddings ? await nearest(table, pivot, count + 1) : await bestMatches(lance, table, pivot, count + 1);
          return rows
            .map(({ number, _score: score, _distance: distance }): Related => ({ passage: number, score: score ?? 1 - distance! }))
            .filter(({ passage }) => passage !== pivot.number)
            .toSorted((a, b) => b.score - a.score || a.passage - b.passage)
            .slice(0, count);
        }),
    };
  });
}

function bestMatches(lance: LanceModule, table: LanceTable, { title, text }: Pivot, count: number): Promise<LanceRow[]> {
  const words = [...new Set(terms(`${title} ${text}`))];
  if (words.length === 0) return Promise.resolve([]);
  const query = new lance.MatchQuery(words.join(' '), 'text');
  return table.query().fullTextSearch(query).select(['number', '_score']).limit(count).toArray();
}

async function nearest(table: LanceTable, pivot: Pivot, count: number): Promise<LanceRow[]> {
  // Rows lie in the order of their numbers.
  const [own] = await table.takeOffsets([pivot.number]).select(['vector']).toArray();
  const vector = Float32Array.from(own!.vector!);
  const query = table.vectorSearch(vector).distanceType('cosine').nprobes(20).refineFactor(4);
  return query.select(['number', '_distance']).limit(count).toArray();
}

async function openTable(lance: LanceModule, folder: string, passages: PassageStore, options: LanceRelatedOptions): Promise<LanceTable> {
  await mkdir(folder, { recursive: true });
  const described = JSON.stringify(describe(passages, options));
  const path = join(folder, DESCRIPTION);
  const connection = await lance.connect(folder);
  if ((await readFile(path, 'utf8').catch(() => undefined)) === described) return connection.openTable(TABLE);
  await rm(path, { force: true });
  const table = await fillTable(lance, connection, passages, options);
  await writeFileDurably(path, described);
  return table;
}

async function fillTable(
  lance: LanceModule,
  connection: Awaited<ReturnType<LanceModule['connect']>>,
  passages: PassageStore,
  { embeddings, batchSize = embeddings ? 1000 : 20_000, onProgress }: LanceRelatedOptions,
): Promise<LanceTable> {
  let table: LanceTable | undefined;
  let batch: { number: number; text: string; vector?: number[] }[] = [];
  let number = 0;
  let width: number | undefined;
  const write = async (): Promise<void> => {
    if (embeddings) {
      const vectors = await embeddings.embed(batch.map(({ text }) => text));
      for (const [i, vector] of vectors.entries()) {
        width ??= vector.length;
        if (vector.length !== width)
          throw new CorpusError('bad-retriever', `an embedding has ${vector.length} numbers, the first had ${width}: use one model`);
        batch[i]!.vector = Array.from(vector);
      }
    }
    if (table) await table.add(batch);
    else table = await connection.createTable(TABLE, batch, { mode: 'overwrite' });
    batch = [];
    onProgress?.(number);
  };
  for (const { title, text } of passages) {
    batch.push({ number: number++, text: `${title}\n${text}` });
    if (batch.length === batchSize) await write();
  }
  if (batch.length > 0) await write();
  if (!table) throw new CorpusError('corpus-too-small', 'there are no passages to put into a LanceDB table: give a larger corpus');
  if (!embeddings) {
    // The same words as our own index: no stems, the same stop words.
    const config = lance.Index.fts({
      withPosition: false,
      baseTokenizer: 'simple',
      lowercase: true,
      stem: false,
      asciiFolding: false,
      removeStopWords: true,
      customStopWords: [...STOP_WORDS],
      maxTokenLength: 1000,
    });
    await table.createIndex('text', { config });
  } else if (passages.size >= LEAST_INDEXED_VECTORS) {
    await table.createIndex('vector', { config: lance.Index.ivfPq({ distanceType: 'cosine' }) });
  }
  return table;
}

/** What the table is of: some passages stand for all, since reading millions again would take as long as the table. */
function describe(passages: PassageStore, { embeddings, embeddingsName = 'embeddings' }: LanceRelatedOptions): object {
  const hash = createHash('sha256');
  const every = Math.max(1, Math.floor(passages.size / SAMPLED_PASSAGES));
  for (let number = 0; number < passages.size; number += every) {
    const { title, text } = passages.get(number);
    hash.update(`${title}\n${text}\n\n`);
  }
  return { format: 1, passages: passages.size, sample: hash.digest('hex'), ranks: embeddings ? embeddingsName : 'bm25' };
}

async function guarded<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (CorpusError.isInstance(cause)) throw cause;
    throw new CorpusError('bad-retriever', `LanceDB in ${folder}: ${(cause as Error).message}; delete the folder to build it anew`, {
      cause,
    });
  }
}
