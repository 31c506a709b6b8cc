import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { buildShard, openPassageStore, scanPassageFiles } from '@memtrain/corpus';
import type { IndexShard } from '@memtrain/corpus';
import { writeFileDurably } from '@memtrain/durable-files';
import { MemtrainError } from '../errors.ts';
import { writeJson } from '../run/write-json.ts';
import { requireFile } from '../run/read-file.ts';
import { readRowStretches } from './serve-retriever-rows.ts';
import type { CorpusPlace, PassageRow } from './serve-retriever-rows.ts';

/** An index on disk, complete. */
export interface RetrieverIndex {
  readonly folder: string;
  readonly size: number;
  /** The corpus that it was built from: its name, size and hash. */
  readonly corpus: CorpusIdentity;
  /** The passage with this number, 0 to `size - 1`. */
  row(number: number): PassageRow;
  /** Reads the BM25 shards. Throws `MemtrainError` (`bad-file`) that names a damaged one. */
  shards(): IndexShard[];
  close(): void;
}

export interface CorpusIdentity {
  readonly name: string;
  readonly bytes: number;
  /** Of its first and last MiB: a hash of all of a corpus would take longer than opening its index. */
  readonly sha256OfEnds: string;
}

/** `index.json`: written first without, and last with `passages`. */
interface IndexHead {
  readonly version: number;
  readonly corpus: CorpusIdentity;
  readonly passages?: number;
}

/** What `part-00000.json` says of a finished part; it is written after the part's files. */
interface PartHead {
  readonly end: CorpusPlace;
  readonly bytes: { readonly passages: number; readonly shard: number };
}

export interface BuildRetrieverIndexOptions {
  /** Looked at after each part. */
  readonly signal?: AbortSignal;
  /** Called after each part with the passages and bytes read so far. */
  readonly onProgress?: (place: CorpusPlace) => void;
  /** Passages of a part. Default 65,536, which is also the most. */
  readonly partRows?: number;
}

const VERSION = 1;
const ENDS = 1 << 20;
/** Most passages that one shard of the corpus package holds. */
const PART_ROWS = 65_536;

const nameOf = (series: string, part: number, ending: string): string => `${series}-${String(part).padStart(5, '0')}.${ending}`;

/**
 * Builds an index of a JSON-lines corpus in `folder`, or finishes one: parts that an earlier run, killed at any instant, completed are not
 * made again. Does nothing when the folder holds the corpus's complete index. Throws `MemtrainError`: `no-file`; `bad-file` for a bad row;
 * `other-config` when the folder holds another corpus's index; the signal's reason when aborted.
 */
export async function buildRetrieverIndex(corpus: string, folder: string, options: BuildRetrieverIndexOptions = {}): Promise<void> {
  const { signal, onProgress, partRows = PART_ROWS } = options;
  requireFile(corpus, 'corpus');
  const identity = identityOf(corpus);
  const known = readHead(folder);
  if (known && JSON.stringify(known.corpus) !== JSON.stringify(identity)) {
    throw new MemtrainError(
      'other-config',
      `${folder} holds the index of another corpus or of other contents of ${known.corpus.name}: give another --index, or delete the folder`,
    );
  }
  if (known?.passages !== undefined) return;
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith('.tmp')) rmSync(join(folder, name));
  const head: IndexHead = { version: VERSION, corpus: identity };
  if (!known) await writeJson(join(folder, 'index.json'), head);
  const parts = readParts(folder);
  let number = parts.length;
  let end = parts.at(-1)?.end ?? { byte: 0, lines: 0, rows: 0 };
  if (number > 0) onProgress?.(end);
  for await (const stretch of readRowStretches(corpus, end, partRows)) {
    signal?.throwIfAborted();
    const shard = buildShard(stretch.rows);
    const passages = Buffer.concat(stretch.rows.map((row) => Buffer.from(`${JSON.stringify(row)}\n`)));
    const serialized = serialize({ shard } satisfies SerializedShard);
    await writeFileDurably(join(folder, nameOf('passages', number, 'jsonl')), passages);
    await writeFileDurably(join(folder, nameOf('bm25', number, 'bin')), serialized);
    const part: PartHead = { end: stretch.end, bytes: { passages: passages.length, shard: serialized.length } };
    await writeJson(join(folder, nameOf('part', number, 'json')), part);
    ({ end } = stretch);
    number++;
    onProgress?.(end);
  }
  if (end.rows === 0)
    throw new MemtrainError('bad-file', `${corpus} has no passages: every line is {"id", "contents"} or {"id", "title", "text"}`);
  await writeJson(join(folder, 'index.json'), { ...head, passages: end.rows });
}

/** Opens a complete index. Throws `MemtrainError`: `no-file`; `bad-file` when it is unfinished, damaged or of another version. */
export function openRetrieverIndex(folder: string): RetrieverIndex {
  const head = readHead(folder);
  if (!head) throw new MemtrainError('no-file', `no index in ${folder}: build it with --corpus FILE.jsonl --index ${folder}`);
  const parts = readParts(folder);
  if (head.passages === undefined) {
    throw new MemtrainError(
      'bad-file',
      `the index in ${folder} is not finished (${parts.at(-1)?.end.rows ?? 0} passages of ${head.corpus.name}): give --corpus too, and it goes on`,
    );
  }
  if (parts.at(-1)?.end.rows !== head.passages) {
    throw new MemtrainError(
      'bad-file',
      `the index in ${folder} is damaged: ${nameOf('part', parts.length, '*')} and what belongs to it; build it again`,
    );
  }
  const store = openPassageStore(scanPassageFiles(parts.map((_, part) => join(folder, nameOf('passages', part, 'jsonl')))));
  return {
    folder,
    size: head.passages,
    corpus: head.corpus,
    // The store reads whatever JSON stands in a line.
    row: (number) => store.get(number) as unknown as PassageRow,
    shards: () =>
      parts.map(({ end }, part) => readShard(join(folder, nameOf('bm25', part, 'bin')), end.rows - (parts[part - 1]?.end.rows ?? 0))),
    close: () => store.close(),
  };
}

/** What `bm25-00000.bin` holds. */
interface SerializedShard {
  readonly shard: IndexShard;
}

function readShard(path: string, rows: number): IndexShard {
  let own: Partial<SerializedShard> = {};
  let cause: unknown;
  try {
    own = deserialize(readFileSync(path)) as Partial<SerializedShard>;
  } catch (error) {
    cause = error;
  }
  if (own.shard?.size === rows && ArrayBuffer.isView(own.shard.terms?.slots)) return own.shard;
  throw new MemtrainError('bad-file', `${path} is damaged: delete the index and build it again`, { cause });
}

function readHead(folder: string): IndexHead | undefined {
  const path = join(folder, 'index.json');
  if (!existsSync(path)) {
    if (existsSync(folder) && readdirSync(folder).some((name) => !name.endsWith('.tmp'))) {
      throw new MemtrainError('bad-file', `${folder} holds other things than an index: give another --index`);
    }
    return undefined;
  }
  const head = readJson<IndexHead>(path);
  if (head?.version !== VERSION || typeof head.corpus !== 'object') {
    throw new MemtrainError('bad-file', `${path} is not of this version's index (${VERSION}): build it again in another folder`);
  }
  return head;
}

/** Heads of the finished parts, up to the first whose files are not all there. */
function readParts(folder: string): PartHead[] {
  const parts: PartHead[] = [];
  for (;;) {
    const bytesOf = (series: string, ending: string): number | undefined =>
      statSync(join(folder, nameOf(series, parts.length, ending)), { throwIfNoEntry: false })?.size;
    if (bytesOf('part', 'json') === undefined) return parts;
    const part = readJson<PartHead>(join(folder, nameOf('part', parts.length, 'json')));
    if (!part || bytesOf('passages', 'jsonl') !== part.bytes?.passages || bytesOf('bm25', 'bin') !== part.bytes.shard) return parts;
    parts.push(part);
  }
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function identityOf(corpus: string): CorpusIdentity {
  const file = openSync(corpus, 'r');
  try {
    const { size } = fstatSync(file);
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(ENDS);
    hash.update(buffer.subarray(0, readSync(file, buffer, 0, ENDS, 0)));
    hash.update(buffer.subarray(0, readSync(file, buffer, 0, ENDS, Math.max(0, size - ENDS))));
    return { name: basename(corpus), bytes: size, sha256OfEnds: hash.digest('hex') };
  } finally {
    closeSync(file);
  }
}
