import { escapePlaceholders } from '../masking/placeholders.ts';
import type { Passage } from '../passages/passage.ts';

/** The passage with placeholders of its source escaped and its links moved along. */
export function escapePassage<T extends Passage>(passage: T): T {
  const text = escapePlaceholders(passage.text);
  const title = escapePlaceholders(passage.title);
  if (text === passage.text) return title === passage.title ? passage : { ...passage, title };
  const moved = (offset: number): number => escapePlaceholders(passage.text.slice(0, offset)).length;
  return { ...passage, title, text, links: passage.links.map((link) => ({ ...link, start: moved(link.start), end: moved(link.end) })) };
}
