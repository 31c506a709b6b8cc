/** "Abraham Lincoln (president)" -> "Abraham Lincoln". */
export function withoutQualifier(title: string): string {
  return title.replace(/\s*\([^)]*\)$/, '') || title;
}

/** The title that a link's target names: section and underscores dropped, the first letter a capital. */
export function canonicalTitle(target: string): string {
  const title = target.replace(/#.*$/s, '').replaceAll('_', ' ').replace(/\s+/g, ' ').trim();
  const first = String.fromCodePoint(title.codePointAt(0) ?? 32);
  return title === '' ? '' : first.toUpperCase() + title.slice(first.length);
}
