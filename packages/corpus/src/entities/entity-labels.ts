import type { Span } from '../passages/sentences.ts';
import type { Entity, EntityKind, EntitySource } from './entity.ts';
import type { EntityTables } from './entity-tables.ts';
import { isMaskable, toEntity } from './find-entities.ts';

/** Kinds of the labels of CoNLL-2003, OntoNotes (spaCy) and WikiNER; any other label is `other`. */
const KINDS: Readonly<Record<string, EntityKind>> = {
  PER: 'person',
  PERSON: 'person',
  LOC: 'place',
  LOCATION: 'place',
  GPE: 'place',
  FAC: 'place',
  ORG: 'organisation',
  ORGANIZATION: 'organisation',
  NORP: 'group',
  LANGUAGE: 'group',
  WORK_OF_ART: 'work',
  LAW: 'work',
  PRODUCT: 'work',
  EVENT: 'event',
  DATE: 'date',
  TIME: 'time',
  CARDINAL: 'number',
  ORDINAL: 'number',
  QUANTITY: 'quantity',
  MONEY: 'money',
  PERCENT: 'percent',
};

export interface LabelledSpan extends Span {
  /** A label as recognisers give it: `PERSON`, `B-LOC`. */
  readonly label: string;
}

/** Entities from labelled spans, in order: the first of two that overlap stays, what cannot be masked is left out. */
export function labelledEntities(text: string, spans: readonly LabelledSpan[], source: EntitySource, tables: EntityTables): Entity[] {
  const found: Entity[] = [];
  let last = 0;
  for (const { start, end, label } of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < last || end > text.length || end <= start) continue;
    const kind = KINDS[label.replace(/^[BIES]-/, '').toUpperCase()] ?? 'other';
    const entity = toEntity(text, { start, end, source, kind }, tables);
    if (!isMaskable(entity)) continue;
    found.push(entity);
    last = end;
  }
  return found;
}
