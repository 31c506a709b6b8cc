import type { EntityKind } from './entity.ts';
import { foldKey } from '../masking/fold-key.ts';
import { isNumericKind } from './entity.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/**
 * The candidates that name the same thing as `name`: initials of it (or it of them), or names with the same last word of which neither
 * is put in relation ("Lincoln" and "Abraham Lincoln", but not "Uzbekistan" and "Foreign relations of Uzbekistan").
 * "American" is not an alias of "United States" although links say so.
 */
export function nameAliases(name: string, candidates: readonly string[]): string[] {
  const initials = initialsOf(name);
  const last = lastWord(name);
  const aliases = candidates.filter((candidate) => {
    if (
      candidate === name ||
      !/^[\p{Lu}\p{Lo}\p{N}]/u.test(candidate) ||
      candidate.length < 2 ||
      candidate.length > 60 ||
      /[#|<>_/]|['’]s$/.test(candidate)
    )
      return false;
    if (isInitials(candidate, initials) || isInitials(name, initialsOf(candidate))) return true;
    return lastWord(candidate) === last && last.length >= 3 && isRelational(candidate) === isRelational(name);
  });
  return [...new Set(aliases)].toSorted();
}

function lastWord(name: string): string {
  return foldKey(name.split(' ').at(-1)!).toLowerCase();
}

function isRelational(name: string): boolean {
  return / (?:of|in|and|for|at|on|to|with) /.test(name);
}

function initialsOf(name: string): string {
  return (name.match(/(?<![\p{L}\p{N}])\p{Lu}/gu) ?? []).join('');
}

function isInitials(text: string, initials: string): boolean {
  return initials.length >= 2 && text.replaceAll('.', '') === initials;
}

/** Other ways to write the same date, number or amount: "10 July 1856" as "July 10, 1856", "1856-07-10"; "20%" as "20 percent". */
export function numericAliases(text: string, kind: EntityKind): string[] {
  if (!isNumericKind(kind)) return [];
  const forms = kind === 'date' ? dateForms(text) : amountForms(text);
  return [...new Set(forms)].filter((form) => form !== text);
}

function dateForms(text: string): string[] {
  const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)? ([A-Z][a-z]+)\.?(?: ?,? (\d{4}))?$/.exec(text);
  const monthFirst = /^([A-Z][a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?$/.exec(text);
  const iso = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  const [day, month, year] = dayFirst
    ? [dayFirst[1]!, dayFirst[2]!, dayFirst[3]]
    : monthFirst
      ? [monthFirst[2]!, monthFirst[1]!, monthFirst[3]]
      : iso
        ? [iso[3]!, MONTHS[Number(iso[2]) - 1] ?? '', iso[1]]
        : ['', '', undefined];
  const number = MONTHS.findIndex((name) => month.length >= 3 && name.startsWith(month.slice(0, 3)));
  if (number < 0) return [];
  const name = MONTHS[number]!;
  const d = String(Number(day));
  if (year === undefined) return [`${d} ${name}`, `${name} ${d}`];
  const pad = (n: number): string => String(n).padStart(2, '0');
  return [
    `${d} ${name} ${year}`,
    `${d} ${name}, ${year}`,
    `${name} ${d}, ${year}`,
    `${name} ${d} ${year}`,
    `${year}-${pad(number + 1)}-${pad(Number(d))}`,
  ];
}

function amountForms(text: string): string[] {
  const match = /^(.*?)(\d[\d,]*(?:\.\d+)?)(.*)$/s.exec(text);
  if (!match) return [];
  const [, before, written, after] = match as unknown as [string, string, string, string];
  const plain = written.replaceAll(',', '');
  const numbers = [plain, plain.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ','))];
  const whole = Number(plain);
  if (after === '' && Number.isInteger(whole) && whole > 0) {
    if (whole % 1e9 === 0) numbers.push(`${whole / 1e9} billion`);
    else if (whole % 1e6 === 0) numbers.push(`${whole / 1e6} million`);
  }
  const scale = /^ (million|billion)$/.exec(after)?.[1];
  const scaled = scale ? Math.round(whole * (scale === 'million' ? 1e6 : 1e9)) : undefined;
  const endings = /^ ?(?:%|percent|per cent)$/.test(after) ? ['%', ' %', ' percent', ' per cent'] : [after];
  const forms = numbers.flatMap((number) => endings.map((ending) => before + number + ending));
  if (scaled !== undefined) forms.push(before + String(scaled), before + scaled.toLocaleString('en-US'));
  return forms;
}
