import { mathForm } from './math-form.ts';

/** Characters (code points) of a reply that are looked at. */
const TAIL = 300;

/**
 * MemAgent's training verifier: 1 when the last `\boxed{}` (or, without any, `\fbox{}`) in the last 300 characters of a reply equals a gold
 * answer, both lower-cased and cleaned up as mathematical answers are: spaces vanish, articles and punctuation count. So "newyork" is
 * "New York", but "the beatles" is not "Beatles". An answer that is empty after the clean-up is wrong.
 */
export function strictBoxedMatch(text: string, gold: readonly string[]): number {
  const answer = tailBox(text);
  if (answer === undefined) return 0;
  const said = mathForm(answer);
  const equal = (expected: string): boolean => {
    const form = mathForm(expected);
    // What cannot be cleaned up is compared as it stands.
    return said === undefined || form === undefined ? answer.trim() !== '' && answer === expected : said !== '' && said === form;
  };
  return gold.some((accepted) => equal(accepted.toLowerCase())) ? 1 : 0;
}

function tailBox(text: string): string | undefined {
  // A code point is at most two UTF-16 units: nothing further back matters.
  const tail = Array.from(text.slice(-2 * TAIL))
    .slice(-TAIL)
    .join('')
    .toLowerCase();
  const boxed = tail.lastIndexOf('\\boxed');
  const at = boxed >= 0 ? boxed : tail.lastIndexOf('\\fbox');
  const start = tail.indexOf('{', at);
  if (at < 0 || start !== at + (boxed >= 0 ? 6 : 5)) return undefined;
  let depth = 0;
  for (let place = start; place < tail.length; place++) {
    if (tail[place] === '{') depth++;
    if (tail[place] === '}' && --depth === 0) return tail.slice(start + 1, place);
  }
  return undefined;
}
