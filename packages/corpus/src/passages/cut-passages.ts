import { CorpusError } from '../errors.ts';
import type { Link } from '../wikitext/prose.ts';
import type { Article, Passage } from './passage.ts';
import { sentences } from './sentences.ts';
import { countWords } from './words.ts';

export interface CutPassagesOptions {
  /** Fewest words of a passage. Default 140. */
  readonly minWords?: number;
  /** Most words of a passage. Default 180. */
  readonly maxWords?: number;
}

/** A sentence of a paragraph; offsets, those of the links too, are in the paragraph's text. */
interface Sentence {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly links: Link[];
  readonly words: number;
  readonly endsParagraph: boolean;
}

/**
 * Cuts an article's prose (list items left out) into passages of `minWords` to `maxWords` words, borders at sentences and, where
 * one lies in that range, at the end of a paragraph. What does not fit is left out: sentences too long for any border in range, and a
 * remainder shorter than `minWords`.
 * Throws `CorpusError` (`bad-options`) unless 1 <= minWords <= maxWords.
 */
export function cutPassages(article: Article, options: CutPassagesOptions = {}): Passage[] {
  const { minWords = 140, maxWords = 180 } = options;
  if (!(minWords >= 1 && maxWords >= minWords)) {
    throw new CorpusError('bad-options', `minWords ${minWords} and maxWords ${maxWords} must satisfy 1 <= minWords <= maxWords`);
  }
  const { paragraphs, ...provenance } = article;
  const all = articleSentences(paragraphs);
  const passages: Passage[] = [];
  let from = 0;
  while (from < all.length) {
    const end = passageEnd(all, from, minWords, maxWords);
    if (end === undefined) {
      // No border in range from here: a sentence is too long. Start after the first one.
      from++;
      continue;
    }
    passages.push({ ...provenance, ...join(all, from, end) });
    from = end;
  }
  return passages;
}

function articleSentences(paragraphs: Article['paragraphs']): Sentence[] {
  const all: Sentence[] = [];
  for (const paragraph of paragraphs) {
    if (paragraph.isListItem) continue;
    const { text } = paragraph;
    const first = all.length;
    const spans = sentences(text);
    if (spans.length === 0) continue;
    for (const [i, { start, end }] of spans.entries()) {
      all.push({ text, start, end, links: [], words: countWords(text, start, end), endsParagraph: i === spans.length - 1 });
    }
    let at = first;
    for (const link of paragraph.links) {
      while (at > first && link.start < all[at]!.start) at--;
      while (at < all.length - 1 && link.start >= all[at]!.end) at++;
      if (link.start >= all[at]!.start && link.end <= all[at]!.end) all[at]!.links.push(link);
    }
  }
  return all;
}

/** Index after the passage's last sentence: the first paragraph end in range, else the first sentence border in range. */
function passageEnd(all: readonly Sentence[], from: number, minWords: number, maxWords: number): number | undefined {
  let words = 0;
  let border: number | undefined;
  for (let i = from; i < all.length; i++) {
    words += all[i]!.words;
    if (words > maxWords) break;
    if (words < minWords) continue;
    if (all[i]!.endsParagraph) return i + 1;
    border ??= i + 1;
  }
  return border;
}

/** Text and links of sentences `from` to `to` (exclusive). */
function join(all: readonly Sentence[], from: number, to: number): Pick<Passage, 'text' | 'links'> {
  let text = '';
  const links: Link[] = [];
  for (let i = from; i < to; i++) {
    const first = all[i]!;
    let last = first;
    if (i > from && !needsNoSpace(all[i - 1]!)) text += ' ';
    const moved = text.length - first.start;
    // Sentences with one space between them are one stretch of their paragraph.
    for (;;) {
      for (const { start, end, target } of last.links) links.push({ start: start + moved, end: end + moved, target });
      const next = all[i + 1];
      if (i + 1 >= to || next!.text !== first.text || next!.start !== last.end + 1) break;
      if (first.text.charCodeAt(last.end) !== 32 || needsNoSpace(last)) break;
      last = next!;
      i++;
    }
    text += first.text.slice(first.start, last.end);
  }
  return { text, links };
}

/** Chinese and Japanese put no space between sentences. */
function needsNoSpace({ text, end }: Sentence): boolean {
  return '。！？」』'.includes(text[end - 1]!);
}
