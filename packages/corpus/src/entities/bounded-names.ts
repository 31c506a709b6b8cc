/** Tables of names hold at most so many, whatever the size of the corpus. */
export const MOST_NAMES = 500_000;

/**
 * Forgets the rarest until `most` are left: those seen once, then those seen twice, and so on. Counts that are kept while the corpus is
 * read lose only names that were rare so far, so what is forgotten depends on the order of the passages and on nothing else.
 */
export function forgetRare<V>(names: Map<string, V>, most: number, timesOf: (own: V) => number): void {
  for (let least = 2; names.size > most; least++) {
    for (const [name, own] of names) if (timesOf(own) < least) names.delete(name);
  }
}

/** Counts while reading: beyond `most` names the table is thinned to three quarters, so that it is not done for every passage. */
export function thinWhenFull<V>(names: Map<string, V>, most: number, timesOf: (own: V) => number): void {
  if (names.size > most) forgetRare(names, Math.floor(0.75 * most), timesOf);
}

/** The text without what it was cut from: a slice keeps the whole of it in memory. */
export function ownText(text: string): string {
  const encoding = /[^\0-\xff]/.test(text) ? 'utf16le' : 'latin1';
  return Buffer.from(text, encoding).toString(encoding);
}
