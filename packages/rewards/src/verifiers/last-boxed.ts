/**
 * Content of the last `\boxed{...}` of the text, trimmed; undefined when there is none or its braces never close.
 * Braces nest, and `\{`, `\}` are plain characters. An unclosed last box is no answer, even when an earlier box closed:
 * a completion that was cut off while answering has not answered. Takes time linear in the text, whatever it holds.
 */
export function lastBoxed(text: string): string | undefined {
  for (let at = text.lastIndexOf('\\boxed'); at >= 0; at = at === 0 ? -1 : text.lastIndexOf('\\boxed', at - 1)) {
    let start = at + '\\boxed'.length;
    while (/\s/.test(text[start] ?? '')) start++;
    if (text[start] !== '{') continue;
    const end = closingBrace(text, start + 1);
    return end === undefined ? undefined : text.slice(start + 1, end).trim();
  }
  return undefined;
}

/** Place of the brace that closes the one before `start`. */
function closingBrace(text: string, start: number): number | undefined {
  let depth = 1;
  for (let place = start; place < text.length; place++) {
    const character = text[place];
    if (character === '\\') place++;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return place;
  }
  return undefined;
}
