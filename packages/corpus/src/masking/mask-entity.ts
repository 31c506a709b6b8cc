import { CorpusError } from '../errors.ts';
import type { Entity } from '../entities/entity.ts';
import type { Span } from '../passages/sentences.ts';
import { foldKey } from './fold-key.ts';
import { findOccurrences, hasSoftLeak, occurrencePattern } from './occurrences.ts';

/** What replaces the entity. */
export const MASK = '[MASK]';

/** What masking reads of a passage; both parts are masked. */
export interface MaskedText {
  readonly title: string;
  readonly text: string;
}

export interface MaskRules {
  /** True for words that the corpus also writes in lower case (`Truecase.isCommonWord`). Default: none are. */
  readonly isCommonWord?: (word: string) => boolean;
  /** Fewest passages that must hold the entity; 1 is the paper's plain rule. Default 2. */
  readonly minPassages?: number;
  /** Most occurrences in the document. Default 40. */
  readonly maxOccurrences?: number;
  /** What to do with an entity that stays readable at the start of longer words ("Islamic"). Default `reject`. */
  readonly softLeaks?: 'reject' | 'keep';
  /** What to do with a person whose surname others in the document share. Default `reject`. */
  readonly sharedSurname?: 'reject' | 'keep';
}

/** Why an entity makes no question in this document. */
export type MaskRefusal = 'too-few-passages' | 'too-many-occurrences' | 'soft-leak' | 'shared-surname';

export type MaskResult<T extends MaskedText> =
  | { readonly refused: MaskRefusal }
  | {
      readonly refused?: never;
      readonly passages: readonly T[];
      /** Number of places masked. */
      readonly occurrences: number;
      /** Number of passages with at least one mask. */
      readonly maskedPassages: number;
      /** Every other spelling that was masked too, the surname of a person included. */
      readonly aliases: readonly string[];
    };

const FORMS_OF_ADDRESS = new RegExp(
  '^(?:Mr|Mrs|Ms|Dr|Sir|St|Saint|President|King|Queen|General|Professor|Senator|Governor|Lord|Lady|When|While|' +
    'After|Before|The|In|As|For|But|And|That|Because|Although)$',
);

/**
 * Replaces every occurrence of one entity (and of its aliases) by `[MASK]`, in titles and texts: at word borders, accents, dashes and
 * quotes folded, possessive and plural endings left outside. Texts must not hold `[MASK]` already.
 * Refuses an entity by the rules; throws `CorpusError` (`mask-leak`) if a spelling were still there afterwards.
 */
export function maskEntity<T extends MaskedText>(
  passages: readonly T[],
  entity: Pick<Entity, 'text' | 'kind' | 'aliases'>,
  rules: MaskRules = {},
): MaskResult<T> {
  const { minPassages = 2, maxOccurrences = 40, softLeaks = 'reject', sharedSurname = 'reject' } = rules;
  const isCommonWord = rules.isCommonWord ?? (() => false);
  const surname = entity.kind === 'person' ? surnameOf(entity.text, isCommonWord) : undefined;
  if (surname && sharedSurname === 'reject' && passages.some((passage) => isShared(surname, passage, entity)))
    return { refused: 'shared-surname' };
  const aliases = [...new Set([...entity.aliases, ...(surname ? [surname] : [])])].filter(
    (alias) => alias !== entity.text && !/MASK/i.test(alias),
  );
  const pattern = occurrencePattern([entity.text, ...aliases], { kind: entity.kind, isCommonWord });

  let occurrences = 0;
  let maskedPassages = 0;
  const masked: T[] = [];
  for (const passage of passages) {
    const inTitle = findOccurrences(passage.title, pattern);
    const inText = findOccurrences(passage.text, pattern);
    const count = inTitle.length + inText.length;
    occurrences += count;
    if (occurrences > maxOccurrences) return { refused: 'too-many-occurrences' };
    if (count > 0) maskedPassages++;
    masked.push(count === 0 ? passage : { ...passage, title: replace(passage.title, inTitle), text: replace(passage.text, inText) });
  }
  if (maskedPassages < minPassages) return { refused: 'too-few-passages' };
  for (const { title, text } of masked) {
    for (const part of [title, text]) {
      const [leak] = findOccurrences(part, pattern);
      if (leak)
        throw new CorpusError(
          'mask-leak',
          `"${part.slice(leak.start, leak.end)}" survived the masking of "${entity.text}" in "${title}": please report this text`,
        );
      if (softLeaks === 'reject' && hasSoftLeak(part, pattern)) return { refused: 'soft-leak' };
    }
  }
  return { passages: masked, occurrences, maskedPassages, aliases };
}

function replace(text: string, spans: readonly Span[]): string {
  let result = '';
  let from = 0;
  for (const { start, end } of spans) {
    result += text.slice(from, start) + MASK;
    from = end;
  }
  return result + text.slice(from);
}

/** Last word of a person's name, when it is a word of its own. */
function surnameOf(name: string, isCommonWord: (word: string) => boolean): string | undefined {
  const words = name.split(' ');
  const last = words.at(-1)!;
  const isSurname = words.length >= 2 && words.length <= 4 && /^\p{Lu}[\p{L}\p{M}'’-]{3,}$/u.test(last) && !isCommonWord(last);
  return isSurname ? last : undefined;
}

/** True when the surname follows another first name: "Eugene Chaplin" beside Charlie Chaplin. */
function isShared(surname: string, passage: MaskedText, entity: Pick<Entity, 'text' | 'aliases'>): boolean {
  const own = new Set([entity.text, ...entity.aliases].flatMap((name) => foldKey(name).split(' ')));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(\\p{Lu}[\\p{L}\\p{M}'.-]*) ${foldKey(surname)}(?![\\p{L}\\p{N}])`, 'gu');
  return [passage.title, passage.text].some((part) =>
    [...foldKey(part).matchAll(pattern)].some((match) => !own.has(match[1]!) && !FORMS_OF_ADDRESS.test(match[1]!.replace(/\.$/, ''))),
  );
}
