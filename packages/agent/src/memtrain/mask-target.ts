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
  const bordersStart = startsWord.test(entity);
  const bordersEnd = endsWord.test(entity);
  let masked = '';
  let copied = 0;
  // A pattern made of each entity would take milliseconds to compile: the classes of letters are large.
  for (let at = text.indexOf(entity); at >= 0;) {
    const end = at + entity.length;
    // A character has at most two units.
    const insideWord =
      (bordersStart && endsWord.test(text.slice(Math.max(0, at - 2), at))) || (bordersEnd && startsWord.test(text.slice(end, end + 2)));
    if (!insideWord) {
      masked += text.slice(copied, at) + placeholder;
      copied = end;
    }
    at = text.indexOf(entity, insideWord ? at + 1 : end);
  }
  return copied === 0 ? undefined : masked + text.slice(copied);
}
