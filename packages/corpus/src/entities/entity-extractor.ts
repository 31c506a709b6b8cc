import type { Passage } from '../passages/passage.ts';
import type { Entity } from './entity.ts';
import type { EntityTables } from './entity-tables.ts';
import { findEntities } from './find-entities.ts';

/** Finds the entities of passages that can be masked: in order, without overlaps, with offsets into the passage's text. */
export interface EntityExtractor {
  readonly name: string;
  extract(passage: Passage): Promise<readonly Entity[]>;
  /** Finds fewer, but faster: for the many passages that only give recall questions and new values. Default `extract`. */
  extractFast?(passage: Passage): Promise<readonly Entity[]>;
}

/** `findEntities` as an extractor: links, capitalised names, patterns for dates and numbers, wink-nlp. */
export function defaultExtractor(tables: EntityTables): EntityExtractor {
  return {
    name: 'default',
    extract: (passage) => Promise.resolve(findEntities(passage, tables)),
    extractFast: (passage) => Promise.resolve(findEntities(passage, { ...tables, wink: false })),
  };
}
