import { buildAnchorTable } from '../entities/anchor-table.ts';
import type { AnchorTable } from '../entities/anchor-table.ts';
import type { Entity } from '../entities/entity.ts';
import { findEntities } from '../entities/find-entities.ts';
import { buildTruecase } from '../entities/truecase.ts';
import type { Truecase } from '../entities/truecase.ts';
import { CorpusError } from '../errors.ts';
import { maskDocument } from '../masking/mask-document.ts';
import { MASK } from '../masking/mask-entity.ts';
import type { MaskRefusal, MaskRules } from '../masking/mask-entity.ts';
import type { Passage } from '../passages/passage.ts';
import { deriveSeed, randomFromSeed } from '../random.ts';
import type { Random } from '../random.ts';
import { buildIndex } from '../retrieval/build-index.ts';
import type { PassageIndex } from '../retrieval/build-index.ts';
import { related } from '../retrieval/related.ts';
import type { CorpusDocument, PassageRole } from './document.ts';

export interface BuildDocumentsOptions extends Omit<MaskRules, 'isCommonWord'> {
  /** Number of documents. */
  readonly count: number;
  readonly seed: number;
  /** Passages most related to the pivot (n1). Default 29. */
  readonly related?: number;
  /** Passages drawn at random. Default 120. */
  readonly random?: number;
  /** Name of the source for the documents' provenance. Default `passages`. */
  readonly source?: string;
  /** Index over the same passages; built when absent. */
  readonly index?: PassageIndex;
  /** Built from the passages when absent. */
  readonly truecase?: Truecase;
  /** Built from the passages when absent; give one to add redirects and kinds. */
  readonly anchors?: AnchorTable;
  /** Called when a drawn entity, or a pivot without any usable one, is drawn again. */
  readonly onRedraw?: (reason: MaskRefusal | 'no-entity', times: number) => void;
}

interface Sources {
  readonly passages: readonly Passage[];
  readonly index: PassageIndex;
  readonly truecase: Truecase;
  readonly anchors: AnchorTable;
}

/**
 * Yields masked documents: a random pivot, its related passages (BM25) and random ones, in random order, one entity of the pivot
 * masked throughout. Pivots are drawn without replacement until all have served; a pivot never asks for the same entity twice.
 * Where fewer passages than `related` share a word with the pivot, random ones fill up.
 * Throws `CorpusError`: `corpus-too-small`, `too-few-entities` (no pivot is left that gives a document), `bad-options`.
 */
export function* buildDocuments(passages: readonly Passage[], options: BuildDocumentsOptions): Generator<CorpusDocument> {
  const relatedCount = options.related ?? 29;
  const randomCount = options.random ?? 120;
  checkCounts({ count: options.count, related: relatedCount, random: randomCount, seed: options.seed });
  const needed = 1 + relatedCount + randomCount;
  if (passages.length < needed) {
    throw new CorpusError(
      'corpus-too-small',
      `the corpus has ${passages.length} passages, ${needed} are needed (1 pivot + ${relatedCount} related + ` +
        `${randomCount} random): use a larger corpus, or lower --related or --random`,
    );
  }
  const sources: Sources = {
    passages,
    index: options.index ?? buildIndex(passages),
    truecase: options.truecase ?? buildTruecase(passages.map((passage) => passage.text)),
    anchors: options.anchors ?? buildAnchorTable(passages),
  };
  const pivots = randomFromSeed(deriveSeed(options.seed, 'pivots')).shuffle(passages.map((_, number) => number));
  const asked = new Map<number, Set<string>>();
  let made = 0;
  let draws = 0;
  while (made < options.count) {
    const before = made;
    for (const pivot of pivots) {
      if (made === options.count) return;
      const exclude = asked.get(pivot) ?? new Set<string>();
      const seed = deriveSeed(options.seed, 'document', draws++);
      const document = oneDocument(sources, pivot, { ...options, related: relatedCount, random: randomCount, seed, exclude, number: made });
      if (!document) continue;
      asked.set(pivot, exclude.add(document.answer));
      made++;
      yield document;
    }
    if (made === before) {
      throw new CorpusError(
        'too-few-entities',
        `only ${made} of ${options.count} documents can be made from ${passages.length} passages (no pivot has another ` +
          `entity to mask): ask for fewer documents, use a larger corpus, or lower minPassages`,
      );
    }
  }
}

function oneDocument(
  sources: Sources,
  pivot: number,
  options: BuildDocumentsOptions & {
    readonly related: number;
    readonly random: number;
    readonly exclude: ReadonlySet<string>;
    readonly number: number;
  },
): CorpusDocument | undefined {
  const passage = sources.passages[pivot]!;
  const entities = findEntities(passage, sources);
  if (entities.length === 0) {
    options.onRedraw?.('no-entity', 1);
    return undefined;
  }
  const random = randomFromSeed(options.seed);
  const chosen = choosePassages(sources, pivot, random, options);
  const plain = random.shuffle(chosen).map(({ number, role }) => {
    const { title, text, pageId, revisionId } = sources.passages[number]!;
    return { role, title, text, pageId, revisionId };
  });
  const { entity, result, refusals } = maskDocument(plain, {
    ...options,
    entities,
    random,
    exclude: options.exclude,
    isCommonWord: sources.truecase.isCommonWord,
  });
  for (const [reason, times] of refusals) options.onRedraw?.(reason, times);
  if (!entity || !result) {
    options.onRedraw?.('no-entity', 1);
    return undefined;
  }
  return {
    id: `document-${String(options.number).padStart(6, '0')}`,
    passages: result.passages,
    mask: MASK,
    answer: entity.text,
    aliases: result.aliases,
    kind: entity.kind,
    occurrences: result.occurrences,
    maskedPassages: result.maskedPassages,
    provenance: provenance(options.source ?? 'passages', passage, entity),
    seed: options.seed,
  };
}

function provenance(source: string, { pageId, revisionId }: Passage, entity: Entity): CorpusDocument['provenance'] {
  return { source, pivot: { pageId, revisionId, start: entity.start, end: entity.end }, foundBy: entity.source };
}

function choosePassages(
  { passages, index }: Sources,
  pivot: number,
  random: Random,
  options: { readonly related: number; readonly random: number },
): { number: number; role: PassageRole }[] {
  const taken = new Set([pivot]);
  const { title, text } = passages[pivot]!;
  const chosen: { number: number; role: PassageRole }[] = [{ number: pivot, role: 'pivot' }];
  for (const { passage } of related(index, `${title} ${text}`, { count: options.related, exclude: taken }))
    chosen.push({ number: passage, role: 'related' });
  for (const { number } of chosen) taken.add(number);
  while (chosen.length < 1 + options.related + options.random) {
    const number = random.integer(passages.length);
    if (taken.has(number)) continue;
    taken.add(number);
    chosen.push({ number, role: 'random' });
  }
  return chosen;
}

function checkCounts(counts: Record<'count' | 'related' | 'random' | 'seed', number>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || (value < 0 && name !== 'seed')) {
      throw new CorpusError('bad-options', `${name} must be a whole number${name === 'seed' ? '' : ' of at least 0'}, got ${value}`);
    }
  }
}
