import type { Random } from '@memtrain/policy';

const onsets = [
  'b',
  'br',
  'c',
  'ch',
  'd',
  'dr',
  'f',
  'g',
  'gr',
  'h',
  'j',
  'k',
  'l',
  'm',
  'n',
  'p',
  'pl',
  'qu',
  'r',
  's',
  'sh',
  'st',
  't',
  'tr',
  'v',
  'w',
  'z',
];
const vowels = ['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'ou'];
const codas = ['', 'l', 'm', 'n', 'r', 's', 't', 'nd', 'rk'];

const pick = (random: Random, list: readonly string[]): string => list[random.integer(list.length)]!;

/** A pronounceable made-up word: RULER draws from English word lists, which end before long contexts do. */
export function madeUpWord(random: Random, syllables = 2): string {
  return Array.from({ length: syllables }, () => pick(random, onsets) + pick(random, vowels) + pick(random, codas)).join('');
}

/** Two words with a hyphen, as RULER's keys are. */
export const wordKey = (random: Random): string => `${madeUpWord(random)}-${madeUpWord(random)}`;

/** A number of seven digits. */
export const sevenDigits = (random: Random): string => String(1_000_000 + random.integer(9_000_000));

/** A random UUID (version 4). */
export function randomUuid(random: Random): string {
  const digits = Array.from({ length: 32 }, () => random.integer(16).toString(16));
  digits[12] = '4';
  digits[16] = (8 + random.integer(4)).toString(16);
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)]
    .map((part) => part.join(''))
    .join('-');
}

/** Random letters. */
export function letters(random: Random, length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet[random.integer(alphabet.length)]!).join('');
}

/** `count` different values of a maker. */
export function distinct(count: number, make: () => string): string[] {
  const values = new Set<string>();
  for (let tries = 0; values.size < count && tries < 100 * count + 1000; tries++) values.add(make());
  return [...values];
}
