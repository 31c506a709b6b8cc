import type { Entity } from '../entities/entity.ts';
import type { Random } from '../random.ts';
import { maskEntity } from './mask-entity.ts';
import type { MaskedText, MaskRefusal, MaskResult, MaskRules } from './mask-entity.ts';

export interface MaskDocumentOptions extends MaskRules {
  /** Entities of the pivot to draw from. */
  readonly entities: readonly Entity[];
  readonly random: Random;
  /** Entities to leave out (already asked about this pivot), by text. */
  readonly exclude?: ReadonlySet<string>;
}

export interface MaskedDocument<T extends MaskedText> {
  /** The drawn entity; undefined when none of the pivot's entities makes a question. */
  readonly entity: Entity | undefined;
  readonly result: Exclude<MaskResult<T>, { readonly refused: MaskRefusal }> | undefined;
  /** How many drawn entities were refused, by reason. */
  readonly refusals: ReadonlyMap<MaskRefusal, number>;
}

/** Draws one entity of the pivot at random, each distinct text equally likely, until one can be masked; masks it everywhere. */
export function maskDocument<T extends MaskedText>(passages: readonly T[], options: MaskDocumentOptions): MaskedDocument<T> {
  const distinct = [...new Map(options.entities.map((entity) => [entity.text, entity])).values()];
  const refusals = new Map<MaskRefusal, number>();
  for (const entity of options.random.shuffle(distinct)) {
    if (options.exclude?.has(entity.text)) continue;
    const result = maskEntity(passages, entity, options);
    if (result.refused === undefined) return { entity, result, refusals };
    refusals.set(result.refused, (refusals.get(result.refused) ?? 0) + 1);
  }
  return { entity: undefined, result: undefined, refusals };
}
