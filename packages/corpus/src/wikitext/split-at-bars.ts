/** Splits at the bars that stand outside nested templates and links. */
export function splitAtBars(source: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (c === 124) {
      if (depth === 0) {
        parts.push(source.slice(start, i));
        start = i + 1;
      }
    } else if ((c === 123 || c === 91) && source.charCodeAt(i + 1) === c) {
      depth++;
      i++;
    } else if ((c === 125 || c === 93) && source.charCodeAt(i + 1) === c) {
      depth--;
      i++;
    }
  }
  parts.push(source.slice(start));
  return parts;
}
