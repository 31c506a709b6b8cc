import { foldKey } from './fold-key.ts';
import type { Entity, EntityKind } from '../entities/entity.ts';
import type { Random } from '../random.ts';

/** Which entities of a pivot may be asked for, and how often each type. */
export interface EntitySelection {
  /**
   * The mix of types wanted, in any unit; types that are left out are never drawn. Amounts and numbers are tried more often than their
   * share, as few of them stand in two passages. A pivot without a usable entity of the drawn type falls back on its others, so the mix
   * reached can differ: the build prints it. Default `defaultShares`.
   */
  readonly shares?: Readonly<Partial<Record<EntityKind, number>>>;
  /** Leave out entities that share a word with the pivot's title. Default false. */
  readonly noTitleWords?: boolean;
  /** Title of the pivot, for `noTitleWords`. */
  readonly title?: string;
  /** Passages of the corpus that hold the entity's rarest word; outside of this band it is left out. Default no band. */
  readonly frequencyBand?: { readonly min?: number; readonly max?: number };
  /** Number of passages of the corpus that hold a text's rarest word. Needed for `frequencyBand`. */
  readonly passagesHolding?: (text: string) => number;
}

/** The paper's mix: numbers (and amounts), places, persons, dates, about as many of each, and a few names of other kinds. */
export const defaultShares: Readonly<Partial<Record<EntityKind, number>>> = {
  person: 22,
  place: 21,
  date: 19,
  number: 18,
  quantity: 3,
  percent: 3,
  money: 2,
  time: 1,
  organisation: 4,
  work: 2,
  event: 2,
  group: 0.5,
  taxon: 0.5,
  other: 0.1,
};

/**
 * Times that a type is tried for its share when an entity must stand in two passages: of 200 pivots of Wikipedia a third had such a
 * number or amount, half had such a date.
 */
const TRIES: Readonly<Partial<Record<EntityKind, number>>> = { number: 6, quantity: 6, percent: 6, money: 6, time: 6 };

/** The entities that may be drawn, each distinct text once, in the order in which to try them. */
export function orderEntities(
  entities: readonly Entity[],
  random: Random,
  selection: EntitySelection & { readonly minPassages?: number } = {},
): Entity[] {
  const { shares = defaultShares, noTitleWords = false, title = '', frequencyBand, passagesHolding, minPassages = 2 } = selection;
  const weightOf = (kind: EntityKind): number => shares[kind]! * (minPassages < 2 ? 1 : (TRIES[kind] ?? 1));
  const titleWords = new Set(noTitleWords ? wordsOf(title) : []);
  const byKind = new Map<EntityKind, Entity[]>();
  for (const entity of random.shuffle([...new Map(entities.map((one) => [one.text, one])).values()])) {
    if (!((shares[entity.kind] ?? 0) > 0) || wordsOf(entity.text).some((word) => titleWords.has(word))) continue;
    if (frequencyBand && passagesHolding) {
      const held = passagesHolding(entity.text);
      if (held < (frequencyBand.min ?? 0) || held > (frequencyBand.max ?? Infinity)) continue;
    }
    const own = byKind.get(entity.kind);
    if (own) own.push(entity);
    else byKind.set(entity.kind, [entity]);
  }
  // Types one after the other, each drawn by its weight among those that are left.
  const ordered: Entity[] = [];
  const kinds = [...byKind.keys()].toSorted();
  while (kinds.length > 0) {
    let at = random.float() * kinds.reduce((sum, kind) => sum + weightOf(kind), 0);
    const drawn = kinds.findIndex((kind) => (at -= weightOf(kind)) < 0);
    const [kind] = kinds.splice(Math.max(0, drawn), 1);
    ordered.push(...byKind.get(kind!)!);
  }
  return ordered;
}

function wordsOf(text: string): string[] {
  return (
    foldKey(text)
      .toLowerCase()
      .match(/[\p{L}\p{N}]{3,}/gu) ?? []
  );
}
