import { unspacedScripts } from '../unspaced-script.ts';

// Written-together scripts have no word borders, so only the others' letters can continue a word.
const wordCharacter = `(?![${unspacedScripts}])[\\p{L}\\p{N}\\p{M}_]`;
const startsWord = new RegExp(`^${wordCharacter}`, 'u');
const endsWord = new RegExp(`${wordCharacter}$`, 'u');

/**
 * The text with every occurrence of the entity, as whole words and in this exact spelling, replaced by the placeholder; undefined when it
 * does not occur or the placeholder stands in the text already.
 */
export function maskTarget(text: string, entity: string, placeholder: string): string | undefined {
  if (entity === '' || text.includes(placeholder)) return undefined;
  const literal = entity.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const before = startsWord.test(entity) ? `(?<!${wordCharacter})` : '';
  const after = endsWord.test(entity) ? `(?!${wordCharacter})` : '';
  const masked = text.replace(new RegExp(`${before}${literal}${after}`, 'gu'), () => placeholder);
  return masked === text ? undefined : masked;
}
