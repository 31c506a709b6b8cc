import type { Span } from '../passages/sentences.ts';
import { GIVEN_NAMES } from './given-names.ts';
import type { Truecase } from './truecase.ts';

const WORD = /[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}]|['’.&-](?=[\p{L}\p{N}]))*\.?/gu;
const CONNECTORS = new Set('of de von van der du da del la le al bin ibn den di dos el y ter &'.split(' '));
const TITLES = new Set('mr. mrs. dr. sir st. jr. ms. prof. lt. col. gen. gov. sen. capt. sgt. mt. rev.'.split(' '));
const CALENDAR = new RegExp(
  '^(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|' +
    'Wednesday|Thursday|Friday|Saturday|Sunday|BC|AD|BCE|CE|I|A|AM|PM)$',
);
const FUNCTION_WORDS = new Set(
  (
    'the a an in on at it he she they this that these those his her its their there as for with from after before during ' +
    'when while although however since but ' +
    'and or if by to one two some many most other both also later soon i we you not no all each such what who how where ' +
    'why then here now thus hence once our my your another several there why only even still yet perhaps among'
  ).split(' '),
);

/** A single word that the corpus writes with a capital less often than this is a common word. */
const LEAST_SHARE = 0.2;
const NUMBER_ENDS =
  /^(?:[.,;:)'’"”]?(?:\s|$)(?!\p{Ll})|['’]s\b| (?:is|was|were|are|and|in|of|on|at|to|by|for|with|has|had|landed|crew|mission|who|which)\b)/u;

/** Ranks and forms of address that stand before a person's name without being part of it. */
const RANKS = new Set(
  (
    'Mr Mrs Ms Dr Prof Sir Fr Rev Sgt Lt Col Gen Capt Gov Sen Rep Judge Justice Coach Engineer President Professor Captain Colonel Lieutenant ' +
    'Major Brigadier General Admiral Sergeant Corporal Senator Governor Mayor Minister Chancellor Chairman Director Bishop Archbishop ' +
    'Reverend Father Rabbi Ambassador Secretary Representative Congressman Detective Inspector Commander Marshal Player Juniors'
  ).split(' '),
);
/** Possessives that are part of names: "People's Republic of China". */
const INNER_POSSESSIVES = /^(?:People|Children|Women|Men|Queen|King|Prince|Bachelor|Master|Valentine|Mother|Farmer|Worker|Driver)['’]s$/;

interface Word extends Span {
  readonly text: string;
}

/**
 * Names as runs of capitalised words, with connectors inside ("Count of Boulogne"). The first word of a sentence counts only when the
 * corpus writes it with a capital elsewhere. Months, weekdays and possessive endings stay out. For scripts without capitals: none.
 */
export function capitalisedRuns(text: string, truecase: Truecase): Span[] {
  const words = splitWords(text);
  const runs: Span[] = [];
  let i = 0;
  while (i < words.length) {
    if (!startsName(text, words, i, truecase)) {
      i++;
      continue;
    }
    const last = lastOfRun(text, words, i);
    let first = i;
    while (first < last && RANKS.has(words[first]!.text.replace(/\.$/, '')) && isCapitalised(words[first + 1])) first++;
    const start = words[first]!.start;
    const name = text.slice(start, words[last]!.end).replace(/['’]s$/, '');
    const isName = first < last || !isTitleCase(name) || truecase.capitalShare(name) >= LEAST_SHARE;
    if (name.length > 1 && isName) runs.push({ start, end: start + name.length });
    i = last + 1;
  }
  return runs;
}

function isTitleCase(word: string): boolean {
  return /^\p{Lu}[\p{Ll}\p{M}]+$/u.test(word);
}

function splitWords(text: string): Word[] {
  return [...text.matchAll(WORD)].map((match) => {
    let word = match[0];
    const keepsPoint = TITLES.has(word.toLowerCase()) || /^(?:\p{Lu}\.)+$/u.test(word);
    if (word.endsWith('.') && !keepsPoint) word = word.slice(0, -1);
    return { text: word, start: match.index, end: match.index + word.length };
  });
}

function isCapitalised(word: Word | undefined): boolean {
  return word !== undefined && /^\p{Lu}/u.test(word.text) && !CALENDAR.test(word.text);
}

function startsName(text: string, words: readonly Word[], i: number, truecase: Truecase): boolean {
  const word = words[i]!;
  if (!isCapitalised(word)) return false;
  if (FUNCTION_WORDS.has(word.text.toLowerCase()) && !/^\p{Lu}{2,}$/u.test(word.text)) return false;
  if (!startsSentence(text, words, i)) return true;
  const share = truecase.capitalShare(word.text.replace(/['’]s$/, ''));
  if (share > 0.5) return true;
  // "Young Lincoln": a capital right behind speaks for a name unless the word is nearly always lower case.
  return share > 0.15 && isCapitalised(words[i + 1]) && text.slice(word.end, words[i + 1]!.start) === ' ';
}

function startsSentence(text: string, words: readonly Word[], i: number): boolean {
  if (i === 0) return true;
  const previous = words[i - 1]!.text;
  if (TITLES.has(previous.toLowerCase()) || /^\p{Lu}\.$/u.test(previous)) return false;
  return /(?:[.!?:]["”’)]?\s+["“(‘]?|\n\s*)$/.test(text.slice(Math.max(0, words[i]!.start - 6), words[i]!.start));
}

function lastOfRun(text: string, words: readonly Word[], first: number): number {
  let last = first;
  for (;;) {
    if (/['’]s$/.test(words[last]!.text) && !INNER_POSSESSIVES.test(words[last]!.text)) return last;
    const next = last + 1;
    const gap = words[next] && text.slice(words[last]!.end, words[next].start);
    if (gap !== ' ' && gap !== ' & ') return last;
    // "in Area X. It was": the point ended the sentence, not an initial.
    if (words[last]!.text.endsWith('.') && FUNCTION_WORDS.has(words[next]!.text.toLowerCase())) return last;
    if (isCapitalised(words[next])) {
      last = next;
      continue;
    }
    // "Amos Frumkin of the Hebrew University": a person's name ends before "of".
    if (words[next]!.text === 'of' && last > first && GIVEN_NAMES.has(firstName(words, first, last))) return last;
    if (isNumberOfName(text, words[next]!)) return next;
    const joined = afterConnectors(text, words, next);
    if (joined === undefined) return last;
    last = joined;
  }
}

function firstName(words: readonly Word[], first: number, last: number): string {
  let at = first;
  while (at < last && RANKS.has(words[at]!.text.replace(/\.$/, ''))) at++;
  return words[at]!.text;
}

/** "Apollo 11 landed", "BBC Radio 1": a small number that counts nothing behind it. */
function isNumberOfName(text: string, word: Word): boolean {
  return /^\d{1,2}$/.test(word.text) && NUMBER_ENDS.test(text.slice(word.end, word.end + 12));
}

/** Index of the capitalised word behind one or two connectors ("of", "de la"), if there is one. */
function afterConnectors(text: string, words: readonly Word[], from: number): number | undefined {
  let i = from;
  while (i < words.length && i - from < 2 && (CONNECTORS.has(words[i]!.text) || (i > from && words[i]!.text === 'the'))) {
    if (i + 1 >= words.length || text.slice(words[i]!.end, words[i + 1]!.start) !== ' ') return undefined;
    i++;
  }
  return i > from && isCapitalised(words[i]) ? i : undefined;
}
