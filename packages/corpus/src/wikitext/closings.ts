/**
 * Where the constructs of one text close. What was looked for in vain is remembered, so that broken wikitext too takes time in proportion
 * to its length.
 */
export interface Closings {
  readonly source: string;
  /** Ends of all templates or links by where they open; made when one is met that is never closed. */
  readonly pairs: Partial<Record<Opening, ReadonlyMap<number, number>>>;
  /** Ends of all tables by where they open; made when one is met that is never closed. */
  tables?: ReadonlyMap<number, number>;
  /** The last answers of `nextIndex`. */
  readonly found: Map<string, { readonly from: number; readonly at: number }>;
  /** Tags that no closing tag follows. */
  readonly unclosedTags: Set<string>;
}

type Opening = '{{' | '[[';

const CLOSE = { '{{': '}}', '[[': ']]' } as const;
const RUNS = { '{{': /\{{2,}|\}{2,}/g, '[[': /\[{2,}|\]{2,}/g } as const;

export function closingsOf(source: string): Closings {
  return { source, pairs: {}, found: new Map(), unclosedTags: new Set() };
}

/** As `indexOf`; searching on from further right takes no time as long as the answer is the same. */
export function nextIndex({ source, found }: Closings, mark: string, from: number): number {
  const known = found.get(mark);
  if (known && from >= known.from && (known.at < 0 || known.at >= from)) return known.at;
  const at = source.indexOf(mark, from);
  found.set(mark, { from, at });
  return at;
}

/** End (exclusive) of the construct that opens with `open` at `at`, nesting counted; -1 when it is never closed. */
export function closingEnd(closings: Closings, at: number, open: Opening): number {
  const { source, pairs } = closings;
  const known = pairs[open];
  if (known) return known.get(at) ?? -1;
  const close = CLOSE[open];
  let depth = 0;
  let nextOpen = at;
  let nextClose = source.indexOf(close, at);
  while (nextClose >= 0) {
    if (nextOpen >= 0 && nextOpen < nextClose) {
      depth++;
      nextOpen = source.indexOf(open, nextOpen + 2);
    } else {
      depth--;
      if (depth === 0) return nextClose + 2;
      nextClose = source.indexOf(close, nextClose + 2);
    }
  }
  pairs[open] = pairEnds(source, open);
  return -1;
}

function pairEnds(source: string, open: Opening): Map<number, number> {
  const ends = new Map<number, number>();
  const opened: { readonly at: number; readonly twin: number }[] = [];
  for (const { 0: run, index } of source.matchAll(RUNS[open])) {
    const isOpen = run.startsWith(open);
    for (let at = index; at + 2 <= index + run.length; at += 2) {
      // A run of brackets can be read from its second one too: from the twin on it has as many pairs as from here.
      if (isOpen) opened.push({ at, twin: run.length % 2 === 1 ? at + 1 : at - 1 });
      else {
        const last = opened.pop();
        if (last) ends.set(last.at, at + 2).set(last.twin, at + 2);
      }
    }
  }
  return ends;
}

/** End of the table (`{| ... |}`) at `at`; of its first block when it is never closed. */
export function tableEnd(closings: Closings, at: number): number {
  const { source } = closings;
  const known = closings.tables;
  let end = known?.get(at);
  if (!known) {
    end = tableEnds(closings, at, true).get(at);
    if (end === undefined) closings.tables = tableEnds(closings, at, false);
  }
  if (end !== undefined) return end;
  const blank = source.indexOf('\n\n', at);
  return blank < 0 ? source.length : blank;
}

/** Ends of the tables from `from` on by where they open, templates skipped; only the first when `firstOnly`. */
function tableEnds(closings: Closings, from: number, firstOnly: boolean): Map<number, number> {
  const marks = /\{\||\|\}(?!\})|\{\{/g;
  marks.lastIndex = from;
  const ends = new Map<number, number>();
  const opened: number[] = [];
  for (let mark = marks.exec(closings.source); mark; mark = marks.exec(closings.source)) {
    if (mark[0] === '{{') {
      const end = closingEnd(closings, mark.index, '{{');
      if (end > 0) marks.lastIndex = end;
    } else if (mark[0] === '{|') {
      opened.push(mark.index);
    } else {
      const last = opened.pop();
      if (last !== undefined) ends.set(last, mark.index + 2);
      if (firstOnly && opened.length === 0) break;
    }
  }
  return ends;
}

/** The next closing tag of that name (lower case), at or after `from`. Calls for one text go from left to right. */
export function findClosingTag(
  { source, unclosedTags }: Closings,
  from: number,
  tag: string,
): { readonly start: number; readonly end: number } | undefined {
  if (unclosedTags.has(tag)) return undefined;
  for (let start = source.indexOf('</', from); start >= 0; start = source.indexOf('</', start + 2)) {
    const nameEnd = start + 2 + tag.length;
    if (source.slice(start + 2, nameEnd).toLowerCase() !== tag) continue;
    let end = nameEnd;
    while (/\s/.test(source.charAt(end))) end++;
    if (source.charCodeAt(end) === 62) return { start, end: end + 1 };
  }
  unclosedTags.add(tag);
  return undefined;
}
