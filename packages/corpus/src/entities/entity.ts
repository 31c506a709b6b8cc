/** What an entity can be; `group` is a people, nationality or religion, `other` a name of unknown kind. */
export const ENTITY_KINDS = [
  'person',
  'place',
  'organisation',
  'group',
  'work',
  'event',
  'taxon',
  'date',
  'time',
  'number',
  'quantity',
  'money',
  'percent',
  'other',
] as const;

/** What an entity is, as far as simple rules can tell. */
export type EntityKind = (typeof ENTITY_KINDS)[number];

/** What found the entity. */
export type EntitySource = 'link' | 'capitals' | 'pattern' | 'wink' | 'model' | 'import';

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
