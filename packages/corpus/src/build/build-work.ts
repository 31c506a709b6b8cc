import { makeDocument } from '../documents/make-document.ts';
import type { DocumentSources, RedrawReason } from '../documents/make-document.ts';
import { documentText } from '../documents/document.ts';
import type { CorpusDocument } from '../documents/document.ts';
import type { DocumentSettings } from '../documents/document-options.ts';
import { openEntities } from '../entities/entity-choice.ts';
import type { PreparedEntities } from '../entities/entity-choice.ts';
import type { EntityExtractor } from '../entities/entity-extractor.ts';
import { entityTablesFrom } from '../entities/entity-tables.ts';
import type { EntityTablesData } from '../entities/entity-tables.ts';
import { openPassageStore } from '../passages/passage-store.ts';
import type { DiskPassageStore, PassageFiles } from '../passages/passage-store.ts';
import { countWords } from '../passages/words.ts';
import { passageIndexOf } from '../retrieval/build-index.ts';
import type { PassageIndex } from '../retrieval/build-index.ts';
import { buildShard } from '../retrieval/index-shard.ts';
import { passagesHolding, related } from '../retrieval/related.ts';
import { shardBytes, shardOf } from '../retrieval/shard-file.ts';
import { loadTokenCounter } from '../tokens/load-token-counter.ts';
import { estimatedTokenCounter } from '../tokens/token-counter.ts';
import type { TokenCounter } from '../tokens/token-counter.ts';

/** What making documents needs, as plain data that threads share or clone. */
export interface DocumentContext {
  readonly files: PassageFiles;
  readonly shards: readonly SharedArrayBuffer[];
  readonly tables: EntityTablesData;
  readonly settings: DocumentSettings;
  /** What finds the entities. */
  readonly entities: PreparedEntities;
  /** Name of the source for the documents. */
  readonly source: string;
  /** Path of the tokenizer.json that the fast counter may read; without one tokens are estimated. */
  readonly tokenizer?: string;
}

/** The same, opened. */
export interface DocumentWorkshop {
  readonly sources: DocumentSources & { readonly passages: DiskPassageStore };
  readonly index: PassageIndex;
  readonly settings: DocumentSettings;
}

export interface DocumentAttempt {
  readonly pivot: number;
  readonly seed: number;
  readonly exclude: readonly string[];
  /** Numbers of the related passages when another retriever found them; by BM25 otherwise. */
  readonly related?: readonly number[];
}

/** A document as the line of JSON that it becomes (its id is that of document 0), and what is counted of it. */
export interface AttemptedDocument {
  readonly line?: string;
  readonly facts?: DocumentFacts;
  readonly redrawn: Readonly<Partial<Record<RedrawReason, number>>>;
}

export interface DocumentFacts extends Pick<CorpusDocument, 'answer' | 'answerType' | 'foundBy' | 'occurrences' | 'maskedPassages'> {
  readonly words: number;
  readonly tokens: number;
  /** Share of the related passages that stand in the pivot's own article. */
  readonly sameArticle: number;
  readonly beginning: string;
}

export interface OpenWorkshopOptions {
  /** Replace what the context names: things that only this thread has. */
  readonly counter?: TokenCounter;
  readonly extractor?: EntityExtractor;
}

/** Opens the passages and the index. */
export async function openWorkshop(context: DocumentContext, options: OpenWorkshopOptions = {}): Promise<DocumentWorkshop> {
  const { counter, extractor } = options;
  const index = passageIndexOf(context.shards.map((memory) => shardOf(memory)));
  const tokens = counter ?? (context.tokenizer === undefined ? estimatedTokenCounter() : await loadTokenCounter(context.tokenizer));
  const tables = entityTablesFrom(context.tables);
  const sources = {
    passages: openPassageStore(context.files),
    tables,
    entities: extractor ?? (await openEntities(context.entities, tables)),
    tokens,
    source: context.source,
    passagesHolding: (text: string) => passagesHolding(index, text),
  };
  return { sources, index, settings: context.settings };
}

/** One attempt at a document. */
async function attemptDocument({ sources, index, settings }: DocumentWorkshop, attempt: DocumentAttempt): Promise<AttemptedDocument> {
  const { pivot, seed } = attempt;
  const passage = sources.passages.get(pivot);
  const near =
    attempt.related ??
    related(index, `${passage.title} ${passage.text}`, { count: settings.related, exclude: new Set([pivot]) }).map((hit) => hit.passage);
  const { document, redrawn } = await makeDocument(sources, { pivot, related: near, seed, exclude: new Set(attempt.exclude) }, settings);
  if (!document) return { redrawn };
  const { answer, answerType, foundBy, occurrences, maskedPassages } = document;
  const text = documentText(document);
  const shown = document.passages.filter(({ role }) => role === 'related');
  const sameArticle = shown.filter(({ pageId }) => pageId === passage.pageId).length / Math.max(1, shown.length);
  const facts = { answer, answerType, foundBy, occurrences, maskedPassages, sameArticle, beginning: text.slice(0, 400) };
  return { line: JSON.stringify(document), facts: { ...facts, words: countWords(text), tokens: document.tokens.total }, redrawn };
}

/** One attempt after the other. */
export async function attemptDocuments(workshop: DocumentWorkshop, attempts: readonly DocumentAttempt[]): Promise<AttemptedDocument[]> {
  const attempted: AttemptedDocument[] = [];
  for (const attempt of attempts) attempted.push(await attemptDocument(workshop, attempt));
  return attempted;
}

/** Inverts the passages `from` to `to` (exclusive) and returns the shard's bytes. */
export function indexRange(files: PassageFiles, from: number, to: number): Buffer[] {
  const store = openPassageStore(files);
  try {
    return shardBytes(buildShard(store.range(from, to)));
  } finally {
    store.close();
  }
}
