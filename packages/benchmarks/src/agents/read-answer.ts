import { lastBoxed } from '@memtrain/rewards';

/**
 * Where the answer stands in a reply: in the last `\boxed{}`; after the last "the answer is" (MemAgent's evaluation; asterisks and a final
 * full stop are taken off); or the reply is the answer. A thinking block is never part of it.
 */
export type AnswerPlace = 'boxed' | 'the-answer-is' | 'reply';

/** The answer in a reply; undefined when there is none. */
export function readAnswer(text: string, place: AnswerPlace): string | undefined {
  const end = text.lastIndexOf('</think>');
  const said = end >= 0 ? text.slice(end + '</think>'.length) : text;
  if (place === 'boxed') return lastBoxed(said) || undefined;
  if (place === 'reply') return said.trim() || undefined;
  const phrase = 'the answer is';
  const start = said.lastIndexOf(phrase);
  if (start < 0) return undefined;
  const answer = said
    .slice(start + phrase.length)
    .replaceAll('*', '')
    .trim()
    .replace(/^:\s*/, '')
    .replace(/\.$/, '')
    .trim();
  return answer || undefined;
}
