/** End (exclusive) of the construct that opens with `open` at `at`, nesting counted; -1 when it is never closed. */
export function closingEnd(source: string, at: number, open: '{{' | '[[', close: '}}' | ']]'): number {
  let depth = 0;
  let position = at;
  for (;;) {
    const nextClose = source.indexOf(close, position);
    if (nextClose < 0) return -1;
    const nextOpen = source.indexOf(open, position);
    if (nextOpen >= 0 && nextOpen < nextClose) {
      depth++;
      position = nextOpen + 2;
    } else {
      depth--;
      position = nextClose + 2;
      if (depth === 0) return position;
    }
  }
}

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

/** End of the table (`{| ... |}`) at `at`; of its first block when it is never closed. */
export function tableEnd(source: string, at: number): number {
  const marks = /\{\||\|\}(?!\})|\{\{/g;
  marks.lastIndex = at;
  let depth = 0;
  for (let mark = marks.exec(source); mark; mark = marks.exec(source)) {
    if (mark[0] === '{{') {
      const end = closingEnd(source, mark.index, '{{', '}}');
      if (end > 0) marks.lastIndex = end;
    } else if (mark[0] === '{|') {
      depth++;
    } else if (--depth === 0) {
      return mark.index + 2;
    }
  }
  const blank = source.indexOf('\n\n', at);
  return blank < 0 ? source.length : blank;
}
