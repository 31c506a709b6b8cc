import type { EntityExtractor } from '../entities/entity-extractor.ts';
import { collectEntityTables, entityTablesFrom } from '../entities/entity-tables.ts';
import type { EntityTables } from '../entities/entity-tables.ts';
import { CorpusError } from '../errors.ts';
import type { Passage } from '../passages/passage.ts';
import { passageStore } from '../passages/passage-store.ts';
import { deriveSeed, randomFromSeed } from '../random.ts';
import { buildIndex } from '../retrieval/build-index.ts';
import type { PassageIndex } from '../retrieval/build-index.ts';
import { passagesHolding, related } from '../retrieval/related.ts';
import { estimatedTokenCounter } from '../tokens/token-counter.ts';
import type { TokenCounter } from '../tokens/token-counter.ts';
import { documentSettings } from './document-options.ts';
import type { DocumentOptions } from './document-options.ts';
import { documentId } from './document.ts';
import type { CorpusDocument } from './document.ts';
import { makeDocument } from './make-document.ts';
import type { DocumentSources, RedrawReason } from './make-document.ts';

export interface BuildDocumentsOptions extends DocumentOptions {
  /** Number of documents. */
  readonly count: number;
  readonly seed: number;
  /** Name of the source for the documents' provenance. Default `passages`. */
  readonly source?: string;
  /** Index over the same passages; built when absent. */
  readonly index?: PassageIndex;
  /** What the corpus says of names; collected from the passages when absent. Give them to add redirects and kinds. */
  readonly tables?: EntityTables;
  /** Finds the entities. Default `defaultExtractor(tables)`. */
  readonly entities?: EntityExtractor;
  /** Counts tokens. Default an estimate. */
  readonly tokens?: TokenCounter;
  /** Called when a drawn entity, or a pivot without any usable one, is drawn again. */
  readonly onRedraw?: (reason: RedrawReason, times: number) => void;
}

/**
 * Yields masked documents: a random pivot, its related passages (BM25) and random ones, in random order, one entity of the pivot
 * masked throughout. Pivots are drawn without replacement until all have served; a pivot never asks for the same entity twice.
 * Where fewer passages than `related` share a word with the pivot, random ones fill up.
 * Throws `CorpusError`: `corpus-too-small`, `too-few-entities` (no pivot is left that gives a document), `bad-options`.
 */
export async function* buildDocuments(passages: readonly Passage[], options: BuildDocumentsOptions): AsyncGenerator<CorpusDocument> {
  const { count, seed } = options;
  if (!Number.isSafeInteger(count) || count < 0)
    throw new CorpusError('bad-options', `count must be a whole number of at least 0, got ${count}`);
  if (!Number.isSafeInteger(seed)) throw new CorpusError('bad-options', `seed must be a whole number, got ${seed}`);
  const settings = documentSettings(options);
  requirePassages(passages.length, settings);
  const index = options.index ?? buildIndex(passages);
  const tables = options.tables ?? entityTablesFrom(collectEntityTables(passages));
  const sources: DocumentSources = {
    passages: passageStore(passages),
    tables,
    tokens: options.tokens ?? estimatedTokenCounter(),
    source: options.source ?? 'passages',
    passagesHolding: (text) => passagesHolding(index, text),
    ...(options.entities && { entities: options.entities }),
  };
  const pivots = drawPivots(passages.length, seed);
  const asked = new Map<number, Set<string>>();
  let made = 0;
  let draws = 0;
  while (made < count) {
    const before = made;
    for (const pivot of pivots) {
      if (made === count) return;
      const exclude = asked.get(pivot) ?? new Set<string>();
      const { title, text } = passages[pivot]!;
      const found = related(index, `${title} ${text}`, { count: settings.related, exclude: new Set([pivot]) });
      const request = { pivot, related: found.map(({ passage }) => passage), seed: attemptSeed(seed, draws++), exclude };
      const { document, redrawn } = await makeDocument(sources, request, settings);
      for (const [reason, times] of Object.entries(redrawn)) options.onRedraw?.(reason as RedrawReason, times);
      if (!document) continue;
      asked.set(pivot, exclude.add(document.answer));
      yield { ...document, id: documentId(made++) };
    }
    if (made === before) throw tooFewEntities(made, count, passages.length);
  }
}

/** Numbers of the passages in the order in which they serve as pivots. */
export function drawPivots(passages: number, seed: number): number[] {
  return randomFromSeed(deriveSeed(seed, 'pivots')).shuffle(Array.from({ length: passages }, (_, number) => number));
}

/** Seed of the attempt that comes `attempt`-th, from 0, over all rounds of pivots. */
export function attemptSeed(seed: number, attempt: number): number {
  return deriveSeed(seed, 'document', attempt);
}

/** Throws `CorpusError` (`corpus-too-small`) when there are fewer passages than a document needs. */
export function requirePassages(passages: number, { related: near, random }: { readonly related: number; readonly random: number }): void {
  const needed = 1 + near + random;
  if (passages >= needed) return;
  throw new CorpusError(
    'corpus-too-small',
    `the corpus has ${passages} passages, ${needed} are needed (1 pivot + ${near} related + ${random} random): ` +
      `use a larger corpus, or lower --related or --random`,
  );
}

/** The error for a round of pivots that gave no document. */
export function tooFewEntities(made: number, wanted: number, passages: number): CorpusError {
  return new CorpusError(
    'too-few-entities',
    `only ${made} of ${wanted} documents can be made from ${passages} passages (no pivot has another entity to mask, or no document ` +
      `fits the token limits): ask for fewer documents, use a larger corpus, or lower minPassages or minTokens`,
  );
}
