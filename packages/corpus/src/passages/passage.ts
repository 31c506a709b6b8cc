import type { Link, Paragraph } from '../wikitext/prose.ts';

/** Where a text comes from. */
export interface Provenance {
  readonly title: string;
  readonly pageId: number;
  readonly revisionId: number;
  /** The source's own id where it is not a whole number. */
  readonly sourceId?: string;
  readonly licence?: string;
}

/** An article as plain paragraphs. */
export interface Article extends Provenance {
  readonly paragraphs: readonly Paragraph[];
}

/** A stretch of one article's prose: whole sentences. */
export interface Passage extends Provenance {
  readonly text: string;
  /** Links with offsets into `text`. */
  readonly links: readonly Link[];
}
