import type { Paragraph } from '../wikitext/prose.ts';

/** Where a record stands in its source; rows, lines and pages count from 1, bytes are those of the decompressed text. */
export type SourcePosition =
  | { readonly page: number; readonly byte: number }
  | { readonly line: number; readonly byte: number }
  | { readonly row: number }
  | { readonly file: string };

/** An article of any source: wikitext, or paragraphs of plain text. */
export interface SourceArticle {
  readonly title: string;
  /** The page's id; where the source has no whole-number id, the record's number (of a line: the byte that it starts at, from 1). */
  readonly pageId: number;
  /** 0 where the source has none. */
  readonly revisionId: number;
  /** The source's own id where it is not a whole number. */
  readonly sourceId?: string;
  readonly licence?: string;
  readonly content: { readonly wikitext: string } | { readonly paragraphs: readonly Paragraph[] };
}

/** One record of a source: an article, something that is skipped (and why), or a bad record. */
export type SourceRecord = { readonly position: SourcePosition } & (
  | { readonly type: 'article'; readonly article: SourceArticle }
  | { readonly type: 'redirect'; readonly title: string; readonly target: string }
  | { readonly type: 'disambiguation'; readonly title: string }
  | { readonly type: 'other-namespace'; readonly title: string }
  | { readonly type: 'rejected'; readonly reason: string }
);

/** Plain text as paragraphs: lines, empty ones left out. */
export function plainParagraphs(text: string): Paragraph[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => ({ heading: '', text: line, links: [], isListItem: false }));
}
