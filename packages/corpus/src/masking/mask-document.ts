import type { Entity } from '../entities/entity.ts';
import type { Random } from '../random.ts';
import { foldPassages, maskEntity } from './mask-entity.ts';
import type { MaskedText, MaskRefusal, MaskResult, MaskRules } from './mask-entity.ts';
import { orderEntities } from './order-entities.ts';
import type { EntitySelection } from './order-entities.ts';

export interface MaskDocumentOptions extends MaskRules, EntitySelection {
  /** Entities of the pivot to draw from. */
  readonly entities: readonly Entity[];
  readonly random: Random;
  /** Entities to leave out (already asked about this pivot), by text. */
  readonly exclude?: ReadonlySet<string>;
  /** Number of the passage that the entities are from: it must hold a placeholder afterwards. Default none must. */
  readonly pivot?: number;
}

export interface MaskedDocument<T extends MaskedText> {
  /** The drawn entity; undefined when none of the pivot's entities makes a question. */
  readonly entity: Entity | undefined;
  readonly result: Exclude<MaskResult<T>, { readonly refused: MaskRefusal }> | undefined;
  /** How many drawn entities were refused, by reason. */
  readonly refusals: ReadonlyMap<MaskRefusal, number>;
}

/**
 * Draws one entity of the pivot at random until one can be masked, and masks it everywhere. The type is drawn first, by the shares of
 * the selection; within a type each distinct text is equally likely.
 */
export function maskDocument<T extends MaskedText>(passages: readonly T[], options: MaskDocumentOptions): MaskedDocument<T> {
  const refusals = new Map<MaskRefusal, number>();
  const folded = foldPassages(passages);
  for (const entity of orderEntities(options.entities, options.random, options)) {
    if (options.exclude?.has(entity.text)) continue;
    const result = maskEntity(folded, entity, options);
    const isMasked =
      result.refused === undefined && (options.pivot === undefined || result.passages[options.pivot] !== passages[options.pivot]);
    if (result.refused === undefined && isMasked) return { entity, result, refusals };
    const reason = result.refused ?? 'not-in-pivot';
    refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  }
  return { entity: undefined, result: undefined, refusals };
}
