import { join } from 'node:path';
import { openThreads } from '../build/build-threads.ts';
import type { BuildThreads } from '../build/build-threads.ts';
import type { DocumentContext } from '../build/build-work.ts';
import { documentPaths, documentStage } from '../build/document-stage.ts';
import type { DocumentPart } from '../build/document-stage.ts';
import { indexStage } from '../build/index-stage.ts';
import type { PartNames, PassagePart } from '../build/read-stage.ts';
import { openWorkFolder } from '../build/work-folder.ts';
import type { WorkFolder } from '../build/work-folder.ts';
import { prepareEntities } from '../entities/entity-choice.ts';
import type { EntityFacts } from '../entities/entity-choice.ts';
import type { EntityExtractor } from '../entities/entity-extractor.ts';
import { collectEntityTables, entityTablesFrom } from '../entities/entity-tables.ts';
import { CorpusError } from '../errors.ts';
import type { DiskPassageStore } from '../passages/passage-store.ts';
import { chooseTokenizer } from '../tokens/choose-tokenizer.ts';
import { readTokenizerJson } from '../tokens/load-token-counter.ts';
import { tokenCounterOf } from '../tokens/token-counter.ts';
import type { TokenCounter } from '../tokens/token-counter.ts';
import { openAtomicFile } from './atomic-file.ts';
import type { AtomicFile } from './atomic-file.ts';
import { aborted, documentFingerprint, inWorkFolder } from './build-folder.ts';
import { corpusOptions } from './corpus-options.ts';
import type { BuildCorpusOptions, CorpusSettings } from './corpus-options.ts';
import { documentId } from './document.ts';
import { makeManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { checkImportedEntities } from './passage-texts.ts';
import { readPassages } from './read-passages.ts';

export interface DocumentSample {
  readonly id: string;
  readonly answer: string;
  readonly kind: string;
  readonly occurrences: number;
  /** First 400 characters of the document's text. */
  readonly beginning: string;
}

export interface BuildCorpusResult {
  readonly manifest: Manifest;
  /** Paths of the files written. */
  readonly files: { readonly documents: string; readonly rejected: string; readonly manifest: string };
  /** The first three documents. */
  readonly samples: readonly DocumentSample[];
}

/**
 * Sources -> passages -> index -> masked documents, written with their manifest. Same sources, options and seed: same bytes, whatever
 * the number of workers. Passages and index lie on disk in `out/.build`, which is removed at the end; after a kill or an abort the same
 * call goes on from there, to the same bytes; after another failure too, unless the sources are at fault. No file appears in `out` then.
 * Throws `CorpusError`; its code names something that the caller can change.
 */
export async function buildCorpus(options: BuildCorpusOptions): Promise<BuildCorpusResult> {
  const settings = corpusOptions(options);
  await checkTokenizerFile(options);
  const prepared = typeof options.entities === 'function' ? undefined : await prepareEntities(options.entities ?? 'default');
  return inWorkFolder(options, settings, async (work) => {
    const result = await build(options, settings, work, prepared);
    await work.remove();
    return result;
  });
}

async function build(
  options: BuildCorpusOptions,
  settings: CorpusSettings,
  work: WorkFolder,
  prepared: Awaited<ReturnType<typeof prepareEntities>> | undefined,
): Promise<BuildCorpusResult> {
  const progress = {
    stage: 'read' as const,
    bytesRead: 0,
    bytesTotal: 0,
    pages: 0,
    passages: 0,
    documents: 0,
    documentsTotal: settings.documents,
  };
  const report = (change: object): void => options.onProgress?.({ ...Object.assign(progress, change) });
  const checkAborted = (): void => {
    if (options.signal?.aborted) throw aborted();
  };
  let threads = await openThreads({ workers: settings.workers });
  let store: DiskPassageStore | undefined;
  try {
    const { parts, names, ...read } = await readPassages(options, settings, {
      work,
      threads,
      onProgress: (now) => report({ stage: 'read', ...now }),
    });
    store = read.store;
    const entities = prepared?.choice ?? 'default';
    if (typeof entities === 'object' && 'slots' in entities) await checkImportedEntities(entities, store, checkAborted);
    report({ stage: 'index', passages: 0 });
    // Another retriever may have been chosen because the index would not fit into memory.
    const needsIndex = !options.retriever || settings.document.frequencyBand !== undefined;
    const { files } = store;
    const shards = needsIndex
      ? await indexStage({ files, work, threads, onProgress: (passages) => report({ stage: 'index', passages }), checkAborted })
      : [];
    const tables = collectEntityTables(store, {
      redirects: eachOf(names, 'redirects'),
      kinds: eachOf(names, 'kinds'),
    });
    await threads.close();
    const source = [...new Set(parts.flatMap((part) => (part.file ? [part.file.name] : [])))].join(', ');
    const extractor = typeof options.entities === 'function' ? await options.entities(entityTablesFrom(tables)) : undefined;
    const context: DocumentContext = { files, shards, tables, settings: settings.document, source, entities };
    threads = await documentThreads(options, settings, { context, store, extractor });
    report({ stage: 'documents' });
    // The passages serve documents of any kind, finished documents only their own.
    const own = await openWorkFolder(work.at('documents'), documentFingerprint(options, settings, prepared?.facts));
    const documents = await documentStage({
      count: settings.documents,
      seed: settings.seed,
      related: settings.document.related,
      passages: store,
      work: own,
      threads,
      ...(options.retriever ? { retriever: await options.retriever(store) } : {}),
      onProgress: (count) => report({ stage: 'documents', documents: count }),
      checkAborted,
    });
    return await writeAll(options, settings, own, {
      parts,
      names,
      documents,
      entities: prepared?.facts ?? { extractor: extractor!.name },
    });
  } finally {
    store?.close();
    await threads.close();
  }
}

/** Before anything is read: the tokenizer is needed after hours. */
async function checkTokenizerFile({ tokenizerFile, tokenizer }: BuildCorpusOptions): Promise<void> {
  if (tokenizerFile === undefined) return;
  await readTokenizerJson(tokenizerFile);
  if (tokenizer) return;
  throw new CorpusError(
    'bad-options',
    'tokenizerFile needs a tokenizer to be compared with: pass tokenizer too, such as await loadTokenizer(folder) of @memtrain/policy',
  );
}

/** Threads that make documents; this one when the token counter or the extractor cannot leave it. */
async function documentThreads(
  options: BuildCorpusOptions,
  { workers }: CorpusSettings,
  given: { readonly context: DocumentContext; readonly store: DiskPassageStore; readonly extractor: EntityExtractor | undefined },
): Promise<BuildThreads> {
  const { store, extractor } = given;
  const { tokenizerFile, tokenizer } = options;
  let counter: TokenCounter | undefined;
  if (tokenizer && tokenizerFile === undefined) counter = tokenCounterOf(tokenizer);
  else if (tokenizer && tokenizerFile !== undefined) {
    const texts = Array.from({ length: Math.min(100, store.size) }, (_, number) => store.get(number).text);
    const chosen = chooseTokenizer(await readTokenizerJson(tokenizerFile), tokenizer, { texts });
    if (!chosen.isFast) counter = tokenCounterOf(tokenizer);
  }
  return openThreads({
    workers: counter || extractor ? 1 : workers,
    context: { ...given.context, ...(tokenizerFile === undefined ? {} : { tokenizer: tokenizerFile }) },
    ...(counter && { counter }),
    ...(extractor && { extractor }),
  });
}

async function writeAll(
  options: BuildCorpusOptions,
  settings: CorpusSettings,
  work: WorkFolder,
  made: {
    readonly parts: readonly PassagePart[];
    readonly names: Iterable<PartNames>;
    readonly documents: readonly DocumentPart[];
    readonly entities: EntityFacts;
  },
): Promise<BuildCorpusResult> {
  const { names, documents } = made;
  const paths = {
    documents: join(options.out, 'documents.jsonl'),
    rejected: join(options.out, 'rejected.jsonl'),
    manifest: join(options.out, 'manifest.json'),
  };
  const open: AtomicFile[] = [];
  try {
    for (const path of Object.values(paths)) open.push(await openAtomicFile(path));
    const [documentsFile, rejectedFile, manifestFile] = open as [AtomicFile, AtomicFile, AtomicFile];
    for (const path of documentPaths(work, documents)) await documentsFile.append(path);
    for (const record of eachOf(names, 'rejected')) await rejectedFile.writeLine(JSON.stringify(record));
    const files = { 'documents.jsonl': await documentsFile.finish(), 'rejected.jsonl': await rejectedFile.finish() };
    const manifest = makeManifest({ settings, ...made, files });
    await manifestFile.writeLine(JSON.stringify(manifest, null, 2));
    await manifestFile.finish();
    // The manifest comes last: a set that was cut off between renames fails its check.
    for (const file of open) await file.publish();
    const samples = documents
      .flatMap((part) => part.facts)
      .slice(0, 3)
      .map(({ answer, answerType, occurrences, beginning }, i) => ({
        id: documentId(i),
        answer,
        kind: answerType,
        occurrences,
        beginning,
      }));
    return { manifest, files: paths, samples };
  } catch (error) {
    for (const file of open) await file.discard();
    throw error;
  }
}

/** One list of all parts, read anew each time. */
function eachOf<Name extends keyof PartNames>(names: Iterable<PartNames>, name: Name): Iterable<PartNames[Name][number]> {
  return {
    *[Symbol.iterator]() {
      for (const part of names) yield* part[name];
    },
  };
}
