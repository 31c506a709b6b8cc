/** What replaces the masked entity of a document. */
export const MASK = '[MASK]';
/** What replaces the entity that a recall question asks for. */
export const TARGET = '[TARGET]';

/**
 * A text in which `[MASK]` and `[TARGET]` of the source cannot be taken for placeholders: each gets a backslash (`[\MASK]`), and those
 * that have some get one more, so that `unescapePlaceholders` restores the text exactly.
 */
export function escapePlaceholders(text: string): string {
  return text.includes('MASK]') || text.includes('TARGET]') ? text.replace(/\[(\\*)(MASK|TARGET)\]/g, '[\\$1$2]') : text;
}

/** The inverse of `escapePlaceholders`. */
export function unescapePlaceholders(text: string): string {
  return text.includes('MASK]') || text.includes('TARGET]') ? text.replace(/\[\\(\\*)(MASK|TARGET)\]/g, '[$1$2]') : text;
}
