import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { EmbeddingModel } from '@memtrain/corpus';
import { writeFileDurably } from '@memtrain/durable-files';
import { MemtrainError } from '../errors.ts';
import { writeJson } from '../run/write-json.ts';
import { keepBest } from './serve-retriever-best.ts';
import type { Ranked } from './serve-retriever-best.ts';
import type { RetrieverIndex } from './serve-retriever-index.ts';

export interface DenseModel {
  readonly model: EmbeddingModel;
  /** Tells models apart: vectors of one are not compared with another's. */
  readonly name: string;
  /** Stands before each query, e.g. `query: ` of E5. */
  readonly queryPrefix: string;
  /** Stands before each passage, e.g. `passage: ` of E5. */
  readonly passagePrefix: string;
}

export interface Dense {
  /** For each query the `count` passages of the highest cosine, best first, ties by number. */
  top(queries: readonly string[], count: number): Promise<Ranked[][]>;
}

export interface OpenDenseOptions {
  /** Looked at after each batch. */
  readonly signal?: AbortSignal;
  /** Called with the passages embedded so far. */
  readonly onProgress?: (passages: number) => void;
  /** Passages of a file of vectors: what a killed build loses at most. Default 2,048. */
  readonly partRows?: number;
}

/** Passages embedded at a time. */
const BATCH = 64;
/** Numbers multiplied between two looks at new requests. */
const PIECE = 1 << 23;

/**
 * Opens the vectors beside an index, and first embeds the passages that have none yet; a killed run goes on after its last file. All
 * vectors lie in memory, 4 bytes a dimension and passage, and each is compared with each query. Throws `MemtrainError`: `other-config` when
 * the vectors are another model's; `bad-file`; what the model throws; the signal's reason when aborted.
 */
export async function openDense(index: RetrieverIndex, dense: DenseModel, options: OpenDenseOptions = {}): Promise<Dense> {
  const { name, passagePrefix, queryPrefix, model } = dense;
  const settings = await requireSameModel(index.folder, { name, passagePrefix, partRows: options.partRows ?? 2048 });
  const parts: Float32Array[] = [];
  for (let first = 0; first < index.size; first += settings.partRows) {
    options.signal?.throwIfAborted();
    const rows = Math.min(settings.partRows, index.size - first);
    const path = join(index.folder, `vectors-${String(parts.length).padStart(5, '0')}.bin`);
    if (!existsSync(path)) await writeFileDurably(path, bytesOf(await embedRows(index, dense, { first, rows, signal: options.signal })));
    parts.push(readVectors(path, rows, parts[0] && parts[0].length / Math.min(settings.partRows, index.size)));
    options.onProgress?.(first + rows);
  }
  const width = parts[0]!.length / Math.min(settings.partRows, index.size);
  return {
    async top(queries, count) {
      const asked = (await model.embed(queries.map((query) => queryPrefix + query))).map(unit);
      const other = asked.find((vector) => vector.length !== width);
      if (other)
        throw new MemtrainError(
          'bad-file',
          `a query's embedding has ${other.length} numbers, the passages' have ${width}: build them again`,
        );
      const best = asked.map((): Ranked[] => []);
      let done = 0;
      for (const [part, vectors] of parts.entries()) {
        asked.forEach((vector, q) => compare(vectors, vector, { first: part * settings.partRows, count, best: best[q]! }));
        done += vectors.length * queries.length;
        if (done < PIECE) continue;
        done = 0;
        await setImmediate();
      }
      return best;
    },
  };
}

interface VectorSettings {
  readonly name: string;
  readonly passagePrefix: string;
  readonly partRows: number;
}

async function requireSameModel(folder: string, asked: VectorSettings): Promise<VectorSettings> {
  const path = join(folder, 'vectors.json');
  if (!existsSync(path)) {
    await writeJson(path, asked);
    return asked;
  }
  const known = JSON.parse(readFileSync(path, 'utf8')) as VectorSettings;
  if (known.name === asked.name && known.passagePrefix === asked.passagePrefix) return known;
  throw new MemtrainError(
    'other-config',
    `the vectors in ${folder} are of ${known.name} with the prefix "${known.passagePrefix}", not of ${asked.name} with "${asked.passagePrefix}": ` +
      'give the same, or another --index',
  );
}

async function embedRows(
  index: RetrieverIndex,
  { model, passagePrefix }: DenseModel,
  { first, rows, signal }: { readonly first: number; readonly rows: number; readonly signal: AbortSignal | undefined },
): Promise<Float32Array> {
  const vectors: Float32Array[] = [];
  for (let at = first; at < first + rows; at += BATCH) {
    signal?.throwIfAborted();
    const texts = Array.from({ length: Math.min(BATCH, first + rows - at) }, (_, i) => {
      const { title, text } = index.row(at + i);
      return `${passagePrefix}${title === '' ? '' : `${title}\n`}${text}`;
    });
    vectors.push(...(await model.embed(texts)).map(unit));
  }
  const width = vectors[0]!.length;
  const all = new Float32Array(width * rows);
  vectors.forEach((vector, i) => {
    if (vector.length !== width)
      throw new MemtrainError('bad-file', `an embedding has ${vector.length} numbers, the first had ${width}: use one model`);
    all.set(vector, i * width);
  });
  return all;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
  return vector.map((value) => value / length);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function readVectors(path: string, rows: number, width: number | undefined): Float32Array {
  const bytes = readFileSync(path);
  if (bytes.length === 0 || bytes.length % (4 * rows) !== 0 || (width !== undefined && bytes.length !== 4 * rows * width)) {
    throw new MemtrainError('bad-file', `${path} is damaged: delete it, and its vectors are made again`);
  }
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function compare(
  vectors: Float32Array,
  query: Float32Array,
  { first, count, best }: { readonly first: number; readonly count: number; readonly best: Ranked[] },
): void {
  const width = query.length;
  for (let row = 0, at = 0; at < vectors.length; row++, at += width) {
    let score = 0;
    for (let i = 0; i < width; i++) score += query[i]! * vectors[at + i]!;
    if (best.length < count || score > best[count - 1]!.score) keepBest(best, { passage: first + row, score }, count);
  }
}
