import { isNumericKind } from '../entities/entity.ts';
import type { EntityKind } from '../entities/entity.ts';

/** A place where a masked document still shows its answer. */
export interface Leak {
  /** Number of the passage. */
  readonly passage: number;
  readonly field: 'title' | 'text';
  /** The spelling that is there, with what stands around it. */
  readonly excerpt: string;
  /**
   * `word` (a hard leak): a spelling of the answer stands there as a word of its own. `lower-case`: so it does, but in small letters,
   * and the name could be a common word, or words that the document uses in small letters elsewhere too. `longer-word`: it starts a
   * longer word ("Islamic").
   */
  readonly form: 'word' | 'lower-case' | 'longer-word';
}

export interface FindLeaksOptions {
  readonly answer: string;
  readonly aliases: readonly string[];
  readonly kind: EntityKind;
  /** As in `MaskRules`; without it every word may be a common one, and a single word in small letters is no hard leak. */
  readonly isCommonWord?: (word: string) => boolean;
}

const SHORTEST_STEM = 5;
/** Words long enough to tell a name by. */
const WORDS = /[\p{L}\p{M}]{3,}/gu;

/**
 * Looks for the answer and its aliases with no help from what masked them: compatibility forms and accents folded away, case ignored,
 * dashes and spaces alike.
 */
export function findLeaks(passages: readonly { readonly title: string; readonly text: string }[], options: FindLeaksOptions): Leak[] {
  const { answer, aliases, kind, isCommonWord } = options;
  const spellings = [...new Set([answer, ...aliases].map(plain))].filter((spelling) => spelling !== '');
  const probes = spellings.map((spelling) => probe(spelling, kind));
  const needles = spellings.map((spelling) => firstWord(spelling).toLowerCase());
  const stem = plain(answer);
  const hasStem = !isNumericKind(kind) && (stem.match(/\p{L}/gu)?.length ?? 0) >= SHORTEST_STEM && !UNSPACED.test(stem);
  const leaks: Leak[] = [];
  let rest: string | undefined;
  /** Two or more words are no phrase of common ones when all are capitalised, or one is in small letters nowhere else in the document. */
  const isNameHere = (spelling: string, found: string): boolean => {
    if (!/\S[\s-]+\S/.test(spelling)) return false;
    if ((found.match(WORDS) ?? ['']).every((word) => /^\p{Lu}/u.test(word))) return true;
    rest ??= probes.reduce(
      (text, pattern) => text.replace(pattern, '\n'),
      passages.map(({ title, text }) => plain(`${title}\n${text}`)).join('\n'),
    );
    return (spelling.match(WORDS) ?? []).some((word) => !hasWord(rest!, word.toLowerCase()));
  };
  passages.forEach((passage, number) => {
    for (const field of ['title', 'text'] as const) {
      const text = plain(passage[field]);
      const lower = text.toLowerCase();
      probes.forEach((pattern, i) => {
        if (!lower.includes(needles[i]!)) return;
        for (const match of text.matchAll(pattern)) {
          const same =
            match[0].replace(/[\s-]+/g, ' ') === spellings[i]!.replace(/[\s-]+/g, ' ') || match[0] === spellings[i]!.toUpperCase();
          const named = isNumericKind(kind)
            ? isWorded(spellings[i]!)
            : (isCommonWord !== undefined && hasOwnWord(spellings[i]!, isCommonWord)) || (!same && isNameHere(spellings[i]!, match[0]));
          leaks.push({
            passage: number,
            field,
            form: same || named ? 'word' : 'lower-case',
            excerpt: excerptAt(text, match.index, match[0].length),
          });
        }
      });
      if (!hasStem) continue;
      const low = stem.toLowerCase();
      for (let at = lower.indexOf(low); at >= 0; at = lower.indexOf(low, at + 1)) {
        const longer = /^[\p{L}\p{N}]/u.test(text.slice(at + low.length)) && !/^s(?![\p{L}\p{N}])/iu.test(text.slice(at + low.length));
        if (longer && !/[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, at - 2), at)))
          leaks.push({ passage: number, field, form: 'longer-word', excerpt: excerptAt(text, at, low.length) });
      }
    }
  });
  return leaks;
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Compatibility forms undone, accents and invisible characters gone, one kind of dash, quote and space. */
function plain(text: string): string {
  if (/^[\x20-\x7e\n]*$/.test(text)) return text;
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
    .normalize('NFC')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[\u2018\u2019\u02bc\u2032]/g, "'")
    .replace(/[\u201c\u201d\u201e\u2033]/g, '"')
    .replace(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' ');
}

function firstWord(spelling: string): string {
  return /^[^\s-]+/.exec(spelling)?.[0] ?? spelling;
}

function probe(spelling: string, kind: EntityKind): RegExp {
  const numeric = isNumericKind(kind);
  // A hyphen between digits is part of the number, or of a range.
  const words = numeric ? spelling.split(/\s+|(?<=\p{L})-+|-+(?=\p{L})/u) : spelling.split(/[\s-]+/);
  const gap = numeric && !isWorded(spelling) ? '\\s+' : '[\\s-]+';
  const source = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join(gap);
  const starts = /^[\p{L}\p{N}]/u.test(spelling) && !UNSPACED.test(spelling[0]!);
  const ends = /[\p{L}\p{N}]$/u.test(spelling) && !UNSPACED.test(spelling.at(-1)!);
  const digitFirst = /^\p{N}/u.test(spelling) ? '(?<!\\p{N}[.,:/])' : '';
  const cardinal = kind === 'number' ? '(?<!\\p{L}-)' : '';
  const digitLast = /\p{N}$/u.test(spelling) ? '(?![.,:/]\\p{N})' : '';
  return new RegExp(
    `${starts ? '(?<![\\p{L}\\p{N}])' : ''}${digitFirst}${cardinal}${source}${ends ? '(?![\\p{L}\\p{N}])' : ''}${digitLast}`,
    'giu',
  );
}

/** "5 million" or "15th century": small letters and hyphens do not make it anything else. */
function isWorded(number: string): boolean {
  return /\p{N}/u.test(number) && /\p{L}{3}/u.test(number);
}

function hasWord(text: string, word: string): boolean {
  return text.includes(word) && new RegExp(`(?<![\\p{L}\\p{M}])${word}(?![\\p{L}\\p{M}])`, 'u').test(text);
}

/** A name with a word that the corpus never writes small means nothing else in lower case. All-capitals ones may ("US"). */
function hasOwnWord(spelling: string, isCommonWord: (word: string) => boolean): boolean {
  return spelling !== spelling.toUpperCase() && (spelling.match(WORDS) ?? []).some((word) => !isCommonWord(word));
}

function excerptAt(text: string, at: number, length: number): string {
  return text.slice(Math.max(0, at - 20), at + length + 20).replace(/\s+/g, ' ');
}
