import type { Link, Paragraph } from '../wikitext/prose.ts';

/** An article as plain paragraphs. */
export interface Article {
  readonly title: string;
  readonly pageId: number;
  readonly revisionId: number;
  readonly paragraphs: readonly Paragraph[];
}

/** A stretch of one article's prose: whole sentences. */
export interface Passage {
  readonly title: string;
  readonly pageId: number;
  readonly revisionId: number;
  readonly text: string;
  /** Links with offsets into `text`. */
  readonly links: readonly Link[];
}
