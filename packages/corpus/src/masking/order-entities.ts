import { foldKey } from './fold-key.ts';
import type { Entity, EntityKind } from '../entities/entity.ts';
import type { Random } from '../random.ts';

/** Which entities of a pivot may be asked for, and how often each type. */
export interface EntitySelection {
  /**
   * How often each type should be drawn, in any unit; types that are left out are never drawn. A pivot without a usable entity of the
   * drawn type falls back on its others, so the shares reached can differ: the build prints them. Default `defaultShares`.
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

/** The paper's mix: numbers, places, persons, dates, and a few names of other kinds. */
export const defaultShares: Readonly<Partial<Record<EntityKind, number>>> = {
  person: 25,
  place: 20,
  date: 18,
  // Numbers seldom stand in two passages, so they are tried more often than they are reached.
  number: 16,
  quantity: 8,
  percent: 5,
  money: 4,
  time: 1,
  organisation: 5,
  work: 2,
  event: 2,
  group: 0.5,
  taxon: 0.5,
  other: 0.1,
};

/** The entities that may be drawn, each distinct text once, in the order in which to try them. */
export function orderEntities(entities: readonly Entity[], random: Random, selection: EntitySelection = {}): Entity[] {
  const { shares = defaultShares, noTitleWords = false, title = '', frequencyBand, passagesHolding } = selection;
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
  // Types one after the other, each drawn by its share among those that are left.
  const ordered: Entity[] = [];
  const kinds = [...byKind.keys()].toSorted();
  while (kinds.length > 0) {
    let at = random.float() * kinds.reduce((sum, kind) => sum + shares[kind]!, 0);
    const drawn = kinds.findIndex((kind) => (at -= shares[kind]!) < 0);
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
