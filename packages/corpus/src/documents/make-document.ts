import type { Entity } from '../entities/entity.ts';
import type { EntityTables } from '../entities/entity-tables.ts';
import { defaultExtractor } from '../entities/entity-extractor.ts';
import type { EntityExtractor } from '../entities/entity-extractor.ts';
import { CorpusError } from '../errors.ts';
import { findLeaks } from '../masking/find-leaks.ts';
import { maskDocument } from '../masking/mask-document.ts';
import type { MaskRefusal } from '../masking/mask-entity.ts';
import { orderEntities } from '../masking/order-entities.ts';
import { MASK } from '../masking/placeholders.ts';
import type { Passage } from '../passages/passage.ts';
import type { PassageStore } from '../passages/passage-store.ts';
import { deriveSeed, randomFromSeed } from '../random.ts';
import type { Random } from '../random.ts';
import type { TokenCounter } from '../tokens/token-counter.ts';
import { chunkEntities } from './chunk-entities.ts';
import type { PassagePlace } from './chunk-entities.ts';
import type { DocumentSettings } from './document-options.ts';
import { documentId, MASK_QUESTION, passageId } from './document.ts';
import type { CorpusDocument, DocumentPassage, PassageRole } from './document.ts';
import { escapePassage } from './escape-passage.ts';
import { fitDocument } from './fit-document.ts';
import type { FitRefusal, PlacedPassage } from './fit-document.ts';
import { reviseFact } from './revise-document.ts';

/** What documents are made from. */
export interface DocumentSources {
  readonly passages: PassageStore;
  readonly tables: EntityTables;
  readonly tokens: TokenCounter;
  /** Name of the source for the documents. */
  readonly source: string;
  /** Passages of the corpus that hold a text's rarest word; needed for `frequencyBand`. */
  readonly passagesHolding?: (text: string) => number;
  /** Finds the entities. Default `defaultExtractor(tables)`. */
  readonly entities?: EntityExtractor;
}

/** One attempt at a document. */
export interface DocumentRequest {
  /** Number of the pivot. */
  readonly pivot: number;
  /** Numbers of the passages related to it, best first; random ones fill up what is missing. */
  readonly related: readonly number[];
  readonly seed: number;
  /** Entities already asked about this pivot, by text. */
  readonly exclude?: ReadonlySet<string>;
}

/** Why an entity was drawn again, or the whole pivot given up. */
export type RedrawReason = MaskRefusal | FitRefusal | 'no-entity';

export interface MadeDocument {
  /** Its id is that of document 0: give it its own when its number is known. Undefined when the pivot gives no document. */
  readonly document: CorpusDocument | undefined;
  readonly redrawn: Readonly<Partial<Record<RedrawReason, number>>>;
}

/**
 * Makes one document: pivot, related and random passages in random order, one entity of the pivot masked throughout, fitted to the token
 * limits and cut into chunks. Depends on nothing but its arguments.
 */
export async function makeDocument(sources: DocumentSources, request: DocumentRequest, settings: DocumentSettings): Promise<MadeDocument> {
  if (settings.frequencyBand && !sources.passagesHolding)
    throw new CorpusError('bad-options', 'frequencyBand needs passagesHolding: give the index of the passages, or leave the band out');
  const random = randomFromSeed(request.seed);
  const redrawn: Partial<Record<RedrawReason, number>> = {};
  const chosen = random.shuffle(choosePassages(sources.passages, request, random, settings));
  const pivot = chosen.find(({ role }) => role === 'pivot')!;
  const extractor = sources.entities ?? defaultExtractor(sources.tables);
  const find: FindEntities = (passage) => extractor.extractFast?.(passage) ?? extractor.extract(passage);
  const entities = await extractor.extract(pivot.source);
  const draft =
    (settings.revisions > 0 && random.float() < settings.revisions
      ? await revised(sources, request, settings, { chosen, pivot, entities, random, find })
      : undefined) ?? masked(sources, request, settings, { chosen, pivot, entities, random, redrawn });
  if (!draft) return { document: undefined, redrawn: { ...redrawn, 'no-entity': 1 } };
  const fitted = fitDocument(draft.placed, sources.tokens, settings);
  if (typeof fitted === 'string') return { document: undefined, redrawn: { ...redrawn, [fitted]: 1 } };
  // Of the passages that were left out may have been those that use the name's words as common ones.
  if (showsAnswer(draft, fitted.passages)) return { document: undefined, redrawn: { ...redrawn, leak: (redrawn.leak ?? 0) + 1 } };
  const { placed: _, ...fields } = draft;
  const document: CorpusDocument = {
    id: documentId(0),
    source: sources.source,
    seed: request.seed,
    ...fields,
    passages: fitted.passages.map(({ droppable: _droppable, ...passage }) => passage),
    tokens: { total: fitted.tokens, exact: sources.tokens.exact, counter: sources.tokens.name },
    chunks: await chunkEntities(fitted.text, fitted.chunks, placesOf(fitted.passages, chosen, find), {
      most: settings.chunkEntities,
      random: randomFromSeed(deriveSeed(request.seed, 'chunk-entities')),
      exclude: new Set([draft.answer, ...draft.aliases]),
      shares: settings.shares,
    }),
  };
  return { document, redrawn };
}

type Draft = Omit<CorpusDocument, 'id' | 'source' | 'seed' | 'passages' | 'tokens' | 'chunks'> & {
  readonly placed: readonly PlacedPassage[];
};

/** What `checkDocument` would say of it, so that no build makes what its own check refuses. */
function showsAnswer({ task, answer, aliases, answerType: kind }: Draft, passages: readonly PlacedPassage[]): boolean {
  const last = task === 'revision' ? passages.findLastIndex(({ role }) => role === 'revision') : -1;
  return findLeaks(passages, { answer, aliases, kind }).some(({ form, passage }) => form === 'word' && passage !== last);
}

type FindEntities = (passage: Passage) => Promise<readonly Entity[]>;

/** A passage of the document and what it is made from. */
interface ChosenPassage {
  readonly role: PassageRole;
  /** The later it was drawn, the sooner it may be dropped. */
  readonly drawn: number;
  readonly id: string;
  readonly source: ReturnType<PassageStore['get']>;
}

interface DraftOptions {
  readonly chosen: readonly ChosenPassage[];
  readonly pivot: ChosenPassage;
  readonly entities: readonly Entity[];
  readonly random: Random;
}

function masked(
  sources: DocumentSources,
  request: DocumentRequest,
  settings: DocumentSettings,
  options: DraftOptions & { readonly redrawn: Partial<Record<RedrawReason, number>> },
): Draft | undefined {
  const { chosen, pivot, entities, random, redrawn } = options;
  const plain = chosen.map((own) => ({ ...shown(own), drawn: own.drawn }));
  const { entity, result, refusals } = maskDocument(plain, {
    ...settings,
    ...selectionOf(sources, settings, pivot),
    entities,
    random,
    ...(request.exclude && { exclude: request.exclude }),
    isCommonWord: sources.tables.truecase.isCommonWord,
    pivot: chosen.indexOf(pivot),
  });
  for (const [reason, times] of refusals) redrawn[reason] = (redrawn[reason] ?? 0) + times;
  if (!entity || !result) return undefined;
  return {
    task: 'mask',
    question: MASK_QUESTION,
    answer: entity.text,
    aliases: result.aliases,
    answerType: entity.kind,
    mask: MASK,
    occurrences: result.occurrences,
    maskedPassages: result.maskedPassages,
    surfaces: result.surfaces,
    pivot: { passage: pivot.id, start: entity.start, end: entity.end },
    foundBy: entity.source,
    placed: result.passages.map(({ drawn, ...passage }, i) => ({
      ...passage,
      droppable: passage.role === 'random' && passage.text === plain[i]!.text && passage.title === plain[i]!.title ? drawn : undefined,
    })),
  };
}

/** Passages outside of the document that are searched for new values. */
const STRANGERS = 12;

async function revised(
  sources: DocumentSources,
  request: DocumentRequest,
  settings: DocumentSettings,
  options: DraftOptions & { readonly find: FindEntities },
): Promise<Draft | undefined> {
  const { chosen, pivot, entities, random, find } = options;
  const strangers = await Promise.all(
    Array.from({ length: STRANGERS }, () => find(escapePassage(sources.passages.get(random.integer(sources.passages.size))))),
  );
  const plain = chosen.map(shown);
  const revision = reviseFact(pivot.source, plain, {
    // A fact to correct may stand in one passage only.
    entities: orderEntities(entities, random, { ...settings, ...selectionOf(sources, settings, pivot), minPassages: 1 }),
    strangers: strangers.flat(),
    random,
    exclude: request.exclude ?? new Set(),
  });
  if (!revision) return undefined;
  const { entity, values, corrections, question } = revision;
  const answer = values.at(-1)!;
  const placed: PlacedPassage[] = plain.map((passage, i) => ({
    ...passage,
    droppable: passage.role === 'random' ? chosen[i]!.drawn : undefined,
  }));
  // Each correction comes somewhere behind what it corrects.
  let after = placed.findIndex(({ role }) => role === 'pivot');
  corrections.forEach((text, i) => {
    after += 1 + random.integer(placed.length - after);
    placed.splice(after, 0, { ...shown(pivot), id: `${pivot.id}-revision-${i + 1}`, role: 'revision', text, droppable: undefined });
  });
  return {
    task: 'revision',
    question,
    answer: answer.text,
    aliases: answer.aliases,
    answerType: answer.kind,
    mask: MASK,
    occurrences: 0,
    maskedPassages: 0,
    surfaces: [],
    pivot: { passage: pivot.id, start: entity.start, end: entity.end },
    foundBy: entity.source,
    superseded: values.slice(0, -1).map(({ text }) => text),
    placed,
  };
}

function selectionOf(
  { passagesHolding }: DocumentSources,
  { frequencyBand }: DocumentSettings,
  pivot: ChosenPassage,
): { title: string; frequencyBand?: { min?: number; max?: number }; passagesHolding?: (text: string) => number } {
  return { title: pivot.source.title, ...(frequencyBand && { frequencyBand }), ...(passagesHolding && { passagesHolding }) };
}

function shown({ id, role, source }: ChosenPassage): DocumentPassage {
  return { id, role, title: source.title, text: source.text, pageId: source.pageId, revisionId: source.revisionId };
}

function choosePassages(store: PassageStore, request: DocumentRequest, random: Random, settings: DocumentSettings): ChosenPassage[] {
  const count = Math.min(store.size, 1 + settings.related + settings.random);
  const roles = new Map<number, PassageRole>([[request.pivot, 'pivot']]);
  for (const number of request.related) if (roles.size <= settings.related && !roles.has(number)) roles.set(number, 'related');
  while (roles.size < count) {
    const number = random.integer(store.size);
    if (!roles.has(number)) roles.set(number, 'random');
  }
  return [...roles].map(([number, role], drawn) => {
    const source = escapePassage(store.get(number));
    return { role, drawn, id: passageId(source, number), source };
  });
}

function placesOf(passages: readonly PlacedPassage[], chosen: readonly ChosenPassage[], find: FindEntities): PassagePlace[] {
  const sources = new Map(chosen.map(({ id, source }) => [id, source]));
  let start = 0;
  return passages.map(({ id, title, text }) => {
    const end = start + title.length + 1 + text.length;
    const source = sources.get(id);
    const place = { start, end, entities: () => (source ? find(source) : Promise.resolve([])) };
    start = end + 2;
    return place;
  });
}
