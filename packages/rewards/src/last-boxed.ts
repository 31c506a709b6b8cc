/**
 * Content of the last `\boxed{...}` of the text, trimmed; undefined when there is none or its braces never close.
 * Braces nest, and `\{`, `\}` are plain characters. An unclosed last box is no answer, even when an earlier box closed:
 * a completion that was cut off while answering has not answered.
 */
export function lastBoxed(text: string): string | undefined {
  let start = -1;
  for (const match of text.matchAll(/\\boxed\s*\{/g)) start = match.index + match[0].length;
  if (start < 0) return undefined;
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') i++;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return text.slice(start, i).trim();
  }
  return undefined;
}
