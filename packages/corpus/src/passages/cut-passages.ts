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

interface Sentence {
  readonly text: string;
  readonly links: readonly Link[];
  readonly words: number;
  readonly endsParagraph: boolean;
}

/**
 * Cuts an article's prose (list items left out) into passages of `minWords` to `maxWords` words, borders at sentences and, where
 * one lies in that range, at the end of a paragraph. What does not fit is left out: sentences too long for any border in range, and a
 * remainder shorter than `minWords`. The placeholders `[MASK]` and `[TARGET]` in the source become `(MASK)` and `(TARGET)`.
 * Throws `CorpusError` (`bad-options`) unless 1 <= minWords <= maxWords.
 */
export function cutPassages(article: Article, options: CutPassagesOptions = {}): Passage[] {
  const { minWords = 140, maxWords = 180 } = options;
  if (!(minWords >= 1 && maxWords >= minWords)) {
    throw new CorpusError('bad-options', `minWords ${minWords} and maxWords ${maxWords} must satisfy 1 <= minWords <= maxWords`);
  }
  const all = articleSentences(article);
  const passages: Passage[] = [];
  let from = 0;
  while (from < all.length) {
    const end = passageEnd(all, from, minWords, maxWords);
    if (end === undefined) {
      // No border in range from here: a sentence is too long. Start after the first one.
      from++;
      continue;
    }
    passages.push(join(article, all.slice(from, end)));
    from = end;
  }
  return passages;
}

function articleSentences(article: Article): Sentence[] {
  const all: Sentence[] = [];
  for (const paragraph of article.paragraphs) {
    if (paragraph.isListItem) continue;
    const text = paragraph.text.replaceAll('[MASK]', '(MASK)').replaceAll('[TARGET]', '(TARGET)');
    const spans = sentences(text);
    spans.forEach(({ start, end }, i) => {
      const own = text.slice(start, end);
      const links = paragraph.links
        .filter((link) => link.start >= start && link.end <= end)
        .map((link) => ({ ...link, start: link.start - start, end: link.end - start }));
      all.push({ text: own, links, words: countWords(own), endsParagraph: i === spans.length - 1 });
    });
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

function join(article: Article, chosen: readonly Sentence[]): Passage {
  const { paragraphs: _, ...provenance } = article;
  let text = '';
  let last = '';
  const links: Link[] = [];
  for (const sentence of chosen) {
    // Chinese and Japanese put no space between sentences.
    if (text !== '' && !'。！？」』'.includes(last)) text += ' ';
    for (const link of sentence.links) links.push({ ...link, start: link.start + text.length, end: link.end + text.length });
    text += sentence.text;
    last = sentence.text.slice(-1);
  }
  return { ...provenance, title: article.title.replaceAll('[MASK]', '(MASK)').replaceAll('[TARGET]', '(TARGET)'), text, links };
}
