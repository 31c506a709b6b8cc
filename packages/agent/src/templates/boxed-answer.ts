/** Content of the last `\boxed{...}` (braces balanced, `\{` and `\}` plain characters); undefined when missing, unclosed or empty. */
export function boxedAnswer(text: string): string | undefined {
  let start = -1;
  for (const match of text.matchAll(/\\boxed\s*\{/g)) start = match.index + match[0].length;
  if (start < 0) return undefined;
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') i++;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return text.slice(start, i).trim() || undefined;
  }
  return undefined;
}
