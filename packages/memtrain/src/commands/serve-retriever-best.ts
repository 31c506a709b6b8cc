/** A passage by its number in the index, and how well it fits. */
export interface Ranked {
  readonly passage: number;
  readonly score: number;
}

/** Puts a passage into a list of at most `count`, best first, ties by number; `count` is small. */
export function keepBest(best: Ranked[], candidate: Ranked, count: number): void {
  let at = best.length;
  while (at > 0 && isBetter(candidate, best[at - 1]!)) at--;
  if (at === count) return;
  best.splice(at, 0, candidate);
  if (best.length > count) best.pop();
}

function isBetter(a: Ranked, b: Ranked): boolean {
  return a.score > b.score || (a.score === b.score && a.passage < b.passage);
}
