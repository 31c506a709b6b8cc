import type { EntityKind, EntitySource } from '../entities/entity.ts';
import type { Passage } from '../passages/passage.ts';

/** Why a passage is in the document. `revision`: made by the build; it corrects an earlier passage. */
export type PassageRole = 'pivot' | 'related' | 'random' | 'revision';

/** A passage as the document shows it: the entity is masked in title and text, placeholders of the source are escaped. */
export interface DocumentPassage {
  readonly id: string;
  readonly role: PassageRole;
  readonly title: string;
  readonly text: string;
  readonly pageId: number;
  readonly revisionId: number;
}

/** A stretch of `documentText`: offsets in UTF-16 units, end exclusive. */
export interface DocumentChunk {
  readonly start: number;
  readonly end: number;
  /** Tokens of the chunk alone. */
  readonly tokens: number;
  /** Entities that stand in the chunk as words of their own, for recall questions: a drawn selection. */
  readonly entities: readonly { readonly text: string; readonly type: EntityKind }[];
}

/** One document: one line of `documents.jsonl`, complete in itself. */
export interface CorpusDocument {
  readonly id: string;
  /** File name of the dump, or what the caller named the passages. */
  readonly source: string;
  /** Seed of this document's own draws. */
  readonly seed: number;
  /** `mask`: which entity does the mask stand for? `revision`: what is the latest value of a fact that the text corrects? */
  readonly task: 'mask' | 'revision';
  readonly question: string;
  /** The masked entity as the pivot wrote it; of a revision the latest value. */
  readonly answer: string;
  /** Other spellings that were masked too, and count as right. */
  readonly aliases: readonly string[];
  readonly answerType: EntityKind;
  /** The placeholder. */
  readonly mask: string;
  /** Number of placeholders in titles and texts. */
  readonly occurrences: number;
  /** Number of passages with a placeholder. */
  readonly maskedPassages: number;
  /** What the placeholders stand for, in order. */
  readonly surfaces: readonly string[];
  /** Where the entity was found: offsets into the pivot's text before masking. */
  readonly pivot: { readonly passage: string; readonly start: number; readonly end: number };
  /** What found the entity. */
  readonly foundBy: EntitySource;
  /** Earlier values of a revised fact, oldest first; only with the task `revision`. */
  readonly superseded?: readonly string[];
  /** In the order in which they are read. */
  readonly passages: readonly DocumentPassage[];
  /** Sum over the chunks, and what counted: see `TokenCounter`. */
  readonly tokens: { readonly total: number; readonly exact: boolean; readonly counter: string };
  readonly chunks: readonly DocumentChunk[];
}

/** The question of every masked document. */
export const MASK_QUESTION =
  'One entity of the article was replaced everywhere by [MASK]. Judging from the whole article, which entity does [MASK] stand for?';

/** Id of the document that comes `number`-th, from 0. */
export function documentId(number: number): string {
  return `document-${String(number).padStart(6, '0')}`;
}

/** Id of the corpus's passage with this number. */
export function passageId(passage: Pick<Passage, 'pageId' | 'sourceId'>, number: number): string {
  return `${passage.sourceId ?? passage.pageId}-${number}`;
}

/** The text that an agent reads: passages in order, each under its title, a blank line between them. */
export function documentText(document: { readonly passages: readonly { readonly title: string; readonly text: string }[] }): string {
  return document.passages.map(({ title, text }) => `${title}\n${text}`).join('\n\n');
}

/** Texts of the document's chunks; joined they are `documentText`. */
export function documentChunks(document: Pick<CorpusDocument, 'passages' | 'chunks'>): string[] {
  const text = documentText(document);
  return document.chunks.map(({ start, end }) => text.slice(start, end));
}
