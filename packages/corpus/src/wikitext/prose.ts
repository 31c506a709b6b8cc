/** A link inside a text: the span of its anchor and the page it points to. */
export interface Link {
  /** Offsets into the text (UTF-16 units), end exclusive. */
  readonly start: number;
  readonly end: number;
  /** Title of the page, as written. */
  readonly target: string;
}

export interface Paragraph {
  /** Nearest heading above; '' in the lead. */
  readonly heading: string;
  readonly text: string;
  readonly links: readonly Link[];
  /** True for an item of a list. */
  readonly isListItem: boolean;
}

/** A text with links, before or after tidying. */
export interface LinkedText {
  readonly text: string;
  readonly links: readonly Link[];
}

/** Holes that dropped templates leave behind: "( , b)" -> "(b)", "a ()" -> "a", "word ," -> "word,". Each match is deleted. */
const HOLES: readonly RegExp[] = [
  /(?<=[ \t])[ \t]+|\t/g,
  /\(\s*(?:[,;:–-]\s*)*\)/g,
  /(?<=\()\s*[,;:]\s*/g,
  /(?<=\()\s+/g,
  /(?<!\s)\s*[,;]\s*(?=\))/g,
  /(?<= ) +/g,
  / (?=[,.;:)](?:\s|$))/g,
  /^\s+|(?<!\s)\s+$/g,
];

/** What every hole has; most texts have nothing of it, and one search is cheaper than eight. */
const SIGN = /[\t ] |\t|\([\s,;:–)-]|[,;]\s*\)| [,.;:)]|^\s|\s$/;

/** Deletes the holes and moves the links along. */
export function tidy(source: LinkedText): LinkedText {
  let { text, links } = source;
  if (SIGN.test(text)) for (const pattern of HOLES) ({ text, links } = deleteMatches(text, links, pattern));
  return { text, links };
}

function deleteMatches(text: string, links: readonly Link[], pattern: RegExp): LinkedText {
  const cuts = [...text.matchAll(pattern)]
    .filter((match) => match[0].length > 0)
    .map((match) => [match.index, match.index + match[0].length] as const);
  if (cuts.length === 0) return { text, links };
  let kept = '';
  let from = 0;
  let removed = 0;
  // What is removed up to each cut's start.
  const removedBefore = cuts.map(([start, end]) => {
    kept += text.slice(from, start);
    from = end;
    const before = removed;
    removed += end - start;
    return before;
  });
  kept += text.slice(from);
  const moved = (offset: number): number => {
    let low = 0;
    for (let high = cuts.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (cuts[middle]![0] < offset) low = middle + 1;
      else high = middle;
    }
    const last = cuts[low - 1];
    return last ? offset - removedBefore[low - 1]! - (Math.min(last[1], offset) - last[0]) : offset;
  };
  return {
    text: kept,
    links: links
      .map(({ start, end, target }) => ({ start: moved(start), end: moved(end), target }))
      .filter(({ start, end }) => end > start),
  };
}
