import { mkdir, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CorpusError } from '../errors.ts';
import { buildTruecase } from '../entities/truecase.ts';
import type { MaskRules } from '../masking/mask-entity.ts';
import { countWords } from '../passages/sentences.ts';
import { openAtomicFile } from './atomic-file.ts';
import type { AtomicFile } from './atomic-file.ts';
import { buildDocuments } from './build-documents.ts';
import { documentText } from './document.ts';
import type { CorpusDocument } from './document.ts';
import { countsByFrequency, distribution, FORMAT, FORMAT_VERSION, versions } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { readCorpus, throwIfAborted } from './read-corpus.ts';
import type { ReadCorpus, ReadCorpusOptions } from './read-corpus.ts';

/** How far a build is. */
export interface BuildCorpusProgress {
  readonly stage: 'read' | 'index' | 'documents';
  /** Bytes of the dump (as it lies on disk) read so far, of `bytesTotal`. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly pages: number;
  readonly passages: number;
  readonly documents: number;
  readonly documentsTotal: number;
}

export interface BuildCorpusOptions extends Omit<MaskRules, 'isCommonWord'>, Omit<ReadCorpusOptions, 'onProgress'> {
  /** Path of a MediaWiki dump: `.xml` or `.xml.bz2`. */
  readonly dump: string;
  /** Folder for `documents.jsonl`, `rejected.jsonl` and `manifest.json`; made when absent. Files of an earlier build are replaced. */
  readonly out: string;
  /** Number of documents. */
  readonly documents: number;
  readonly seed: number;
  /** Passages most related to the pivot. Default 29. */
  readonly related?: number;
  /** Passages drawn at random. Default 120. */
  readonly random?: number;
  readonly onProgress?: (progress: BuildCorpusProgress) => void;
  /** Only counts tokens for the manifest. */
  readonly tokenizer?: { encode(text: string): ArrayLike<number> };
}

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
 * Dump -> passages -> index -> masked documents, written with their manifest. Same dump, options and seed: same bytes.
 * On any failure nothing appears in `out`. Throws `CorpusError` (every code but `mask-leak` names something the caller can change).
 */
export async function buildCorpus(options: BuildCorpusOptions): Promise<BuildCorpusResult> {
  if (!(Number.isSafeInteger(options.documents) && options.documents >= 1)) {
    throw new CorpusError('bad-options', `documents must be a whole number of at least 1, got ${options.documents}`);
  }
  const progress = {
    stage: 'read' as BuildCorpusProgress['stage'],
    bytesRead: 0,
    bytesTotal: 0,
    pages: 0,
    passages: 0,
    documents: 0,
    documentsTotal: options.documents,
  };
  const report = (change: Partial<BuildCorpusProgress>): void => options.onProgress?.({ ...Object.assign(progress, change) });
  const corpus = await readCorpus(options.dump, { ...options, onProgress: (now) => report({ stage: 'read', ...now }) });
  report({ stage: 'index' });
  const tally = newTally();
  const documents = buildDocuments(corpus.passages, {
    ...options,
    count: options.documents,
    source: basename(options.dump),
    truecase: buildTruecase(corpus.passages.map((passage) => passage.text)),
    anchors: corpus.anchors,
    onRedraw: (reason, times) => tally.redrawn.set(reason, (tally.redrawn.get(reason) ?? 0) + times),
  });
  return writeAll(options, corpus, tally, async (file) => {
    for (const document of documents) {
      throwIfAborted(options.signal);
      await file.writeLine(JSON.stringify(document));
      count(tally, document, options.tokenizer);
      report({ stage: 'documents', documents: progress.documents + 1 });
      // Making a document is synchronous: let timers and signals through.
      await new Promise((proceed) => setImmediate(proceed));
    }
  });
}

interface Tally {
  readonly redrawn: Map<string, number>;
  readonly kinds: Map<string, number>;
  readonly foundBy: Map<string, number>;
  readonly occurrences: number[];
  readonly maskedPassages: number[];
  readonly words: number[];
  readonly tokens: number[];
  readonly samples: DocumentSample[];
}

function newTally(): Tally {
  return {
    redrawn: new Map(),
    kinds: new Map(),
    foundBy: new Map(),
    occurrences: [],
    maskedPassages: [],
    words: [],
    tokens: [],
    samples: [],
  };
}

function count(tally: Tally, document: CorpusDocument, tokenizer: BuildCorpusOptions['tokenizer']): void {
  const { id, answer, kind, occurrences, maskedPassages, provenance } = document;
  const text = documentText(document);
  tally.kinds.set(kind, (tally.kinds.get(kind) ?? 0) + 1);
  tally.foundBy.set(provenance.foundBy, (tally.foundBy.get(provenance.foundBy) ?? 0) + 1);
  tally.occurrences.push(occurrences);
  tally.maskedPassages.push(maskedPassages);
  tally.words.push(countWords(text));
  if (tokenizer) tally.tokens.push(tokenizer.encode(text).length);
  if (tally.samples.length < 3) tally.samples.push({ id, answer, kind, occurrences, beginning: text.slice(0, 400) });
}

async function writeAll(
  options: BuildCorpusOptions,
  corpus: ReadCorpus,
  tally: Tally,
  writeDocuments: (file: AtomicFile) => Promise<void>,
): Promise<BuildCorpusResult> {
  const made = await mkdir(options.out, { recursive: true });
  const paths = {
    documents: join(options.out, 'documents.jsonl'),
    rejected: join(options.out, 'rejected.jsonl'),
    manifest: join(options.out, 'manifest.json'),
  };
  const open: AtomicFile[] = [];
  try {
    for (const path of Object.values(paths)) open.push(await openAtomicFile(path));
    const [documents, rejected, manifestFile] = open as [AtomicFile, AtomicFile, AtomicFile];
    await writeDocuments(documents);
    for (const record of corpus.rejected) await rejected.writeLine(JSON.stringify({ ...record, source: basename(record.source) }));
    const files = { 'documents.jsonl': await documents.finish(), 'rejected.jsonl': await rejected.finish() };
    const manifest = makeManifest(options, corpus, tally, files);
    await manifestFile.writeLine(JSON.stringify(manifest, null, 2));
    await manifestFile.finish();
    // The manifest comes last: a set that was cut off between renames fails its check.
    for (const file of open) await file.publish();
    return { manifest, files: paths, samples: tally.samples };
  } catch (error) {
    for (const file of open) await file.discard();
    if (made !== undefined) await removeMadeFolders(options.out, made);
    throw error;
  }
}

/** Removes the folders that this build made, as far as they are empty. */
async function removeMadeFolders(out: string, firstMade: string): Promise<void> {
  const top = resolve(firstMade);
  for (let folder = resolve(out); folder.length >= top.length; folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

function makeManifest(options: BuildCorpusOptions, corpus: ReadCorpus, tally: Tally, files: Manifest['files']): Manifest {
  return {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    seed: options.seed,
    options: {
      documents: options.documents,
      related: options.related ?? 29,
      random: options.random ?? 120,
      minWords: options.minWords ?? 140,
      maxWords: options.maxWords ?? 180,
      maxPassages: options.maxPassages ?? null,
      minPassages: options.minPassages ?? 2,
      maxOccurrences: options.maxOccurrences ?? 40,
      softLeaks: options.softLeaks ?? 'reject',
      sharedSurname: options.sharedSurname ?? 'reject',
    },
    versions: versions(),
    source: { file: basename(options.dump), bytes: corpus.bytes, sha256: corpus.sha256 },
    counts: { ...corpus.counts, rejected: corpus.rejected.length, passages: corpus.passages.length, documents: options.documents },
    redrawn: countsByFrequency(tally.redrawn),
    kinds: countsByFrequency(tally.kinds),
    foundBy: countsByFrequency(tally.foundBy),
    occurrences: distribution(tally.occurrences),
    maskedPassages: distribution(tally.maskedPassages),
    words: distribution(tally.words),
    ...(options.tokenizer ? { tokens: distribution(tally.tokens) } : {}),
    unknownTemplates: countsByFrequency(corpus.unknownTemplates, 20),
    files,
  };
}
