/** What an entity is, as far as simple rules can tell; `other` is a name of unknown kind. */
export type EntityKind =
  | 'person'
  | 'place'
  | 'organisation'
  | 'work'
  | 'event'
  | 'taxon'
  | 'date'
  | 'time'
  | 'number'
  | 'quantity'
  | 'money'
  | 'percent'
  | 'other';

/** What found the entity. */
export type EntitySource = 'link' | 'capitals' | 'pattern' | 'wink';

/** A mention of something nameable in a text. */
export interface Entity {
  /** Offsets into the text (UTF-16 units), end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly kind: EntityKind;
  readonly source: EntitySource;
  /** Other spellings of the same entity, without `text` itself. */
  readonly aliases: readonly string[];
}

const NUMERIC: ReadonlySet<EntityKind> = new Set<EntityKind>(['date', 'time', 'number', 'quantity', 'money', 'percent']);

/** True for the kinds that are written with digits: dates, numbers, amounts. */
export function isNumericKind(kind: EntityKind): boolean {
  return NUMERIC.has(kind);
}
