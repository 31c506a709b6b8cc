import type { EntityKind, EntitySource } from '../entities/entity.ts';

/** Why a passage is in the document. */
export type PassageRole = 'pivot' | 'related' | 'random';

/** A passage as the document shows it: the entity is masked in title and text. */
export interface DocumentPassage {
  readonly role: PassageRole;
  readonly title: string;
  readonly text: string;
  readonly pageId: number;
  readonly revisionId: number;
}

/** One masked document: one line of `documents.jsonl`, complete in itself. */
export interface CorpusDocument {
  readonly id: string;
  /** In the order in which they are read. */
  readonly passages: readonly DocumentPassage[];
  /** The placeholder. */
  readonly mask: string;
  /** The masked entity as the pivot wrote it. */
  readonly answer: string;
  /** Other spellings that were masked too, and count as right. */
  readonly aliases: readonly string[];
  readonly kind: EntityKind;
  /** Number of placeholders in titles and texts. */
  readonly occurrences: number;
  /** Number of passages with a placeholder. */
  readonly maskedPassages: number;
  readonly provenance: {
    /** File name of the dump, or what the caller named the passages. */
    readonly source: string;
    readonly pivot: { readonly pageId: number; readonly revisionId: number; readonly start: number; readonly end: number };
    /** What found the entity. */
    readonly foundBy: EntitySource;
  };
  /** Seed of this document's own draws. */
  readonly seed: number;
}

/** The text that an agent reads: passages in order, each under its title, a blank line between them. */
export function documentText(document: Pick<CorpusDocument, 'passages'>): string {
  return document.passages.map(({ title, text }) => `${title}\n${text}`).join('\n\n');
}
