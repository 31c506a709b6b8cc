import { GIVEN_NAMES } from '../entities/given-names.ts';
import type { Entity } from '../entities/entity.ts';
import { GROUPS, PLACES } from '../entities/name-lists.ts';
import { foldKey } from './fold-key.ts';
import type { FoldedText } from './fold-key.ts';

const NOT_GIVEN_NAMES = new RegExp(
  '^(?:Mr|Mrs|Ms|Dr|Sir|St|Saint|President|King|Queen|General|Colonel|Captain|Major|Lieutenant|Professor|Senator|Governor|Judge|Lord|Lady|' +
    'When|While|After|Before|The|In|As|For|But|And|That|Because|Although|However|If|Since|Then|Also|By|From|With|At|On|To|Of|Both|Where)$',
);

/** Shorter and longer forms of a name, as a document writes them. */
export interface NameForms {
  /** To be masked with the name. */
  readonly aliases: readonly string[];
  /** True when a form cannot be told from another name: "Eugene Chaplin" beside Charlie Chaplin. */
  readonly isShared: boolean;
}

/**
 * Forms of a person's name in these texts: of "Valeria Golino" each word that is nobody's first name and no common word ("Golino"); of
 * "Chaplin" alone the name with its first name ("Charlie Chaplin"). Other kinds have no forms.
 */
export function nameForms(
  entity: Pick<Entity, 'text' | 'kind' | 'aliases'>,
  texts: readonly FoldedText[],
  isCommonWord: (word: string) => boolean,
): NameForms {
  if (entity.kind !== 'person') return { aliases: [], isShared: false };
  const words = entity.text.split(' ');
  if (words.length > 4) return { aliases: [], isShared: false };
  const own = new Set([entity.text, ...entity.aliases].flatMap((name) => foldKey(name).split(' ')));
  const telling = words.filter((word) => isTellingWord(word, isCommonWord));
  const aliases = new Set<string>(words.length > 1 ? telling : []);
  for (const word of telling) {
    for (const before of wordsBefore(foldKey(word), texts)) {
      if (own.has(before) || NOT_GIVEN_NAMES.test(before.replace(/\.$/, ''))) continue;
      // A second word before a single-word name is its first name; a different one before a full name is another person's.
      if (words.length > 1) return { aliases: [], isShared: true };
      if (GIVEN_NAMES.has(before) || /^\p{Lu}\.$/u.test(before)) aliases.add(`${before} ${word}`);
    }
  }
  const isShared = words.length === 1 && aliases.size > 1;
  return { aliases: isShared ? [] : [...aliases].filter((alias) => alias !== entity.text), isShared };
}

function isTellingWord(word: string, isCommonWord: (word: string) => boolean): boolean {
  const isName = /^\p{Lu}[\p{L}\p{M}'’-]{3,}$/u.test(word) && !isCommonWord(word);
  return isName && !GIVEN_NAMES.has(word) && !PLACES.has(word) && !GROUPS.has(word);
}

/** Capitalised words that stand directly before the word. */
function wordsBefore(word: string, texts: readonly FoldedText[]): Set<string> {
  const found = new Set<string>();
  let pattern: RegExp | undefined;
  for (const { key } of texts) {
    if (!key.includes(word)) continue;
    pattern ??= new RegExp(
      `(?<![\\p{L}\\p{N}])(\\p{Lu}[\\p{L}\\p{M}'.-]*) ${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`,
      'gu',
    );
    for (const match of key.matchAll(pattern)) found.add(match[1]!);
  }
  return found;
}
