import { lastBoxed } from './last-boxed.ts';
import { answerWords, normalizeAnswer } from './normalize-answer.ts';

/** Scores an answer against the accepted ones; a custom reward is any such function. The built-in ones lie in [0, 1]. */
export type Verifier = (answer: string, gold: readonly string[]) => number;

const closedAnswers: ReadonlySet<string> = new Set(['yes', 'no', 'noanswer']);

/** 1 when the answer equals a gold answer in SQuAD's normal form, else 0. An answer that normalizes to nothing is wrong. */
export function exactMatch(answer: string, gold: readonly string[]): number {
  const said = normalizeAnswer(answer);
  return said !== '' && gold.some((accepted) => normalizeAnswer(accepted) === said) ? 1 : 0;
}

/**
 * 1 when a gold answer stands in the answer, both in normal form, else 0: the one-way sub-EM of FlashRAG, Search-R1 and MEM1. Characters
 * are compared, not words ("no" is found in "Nolan"), and an answer that lists every candidate passes: measure with it, do not train on it.
 */
export function subExactMatch(answer: string, gold: readonly string[]): number {
  const said = normalizeAnswer(answer);
  return gold.some((accepted) => contains(said, normalizeAnswer(accepted))) ? 1 : 0;
}

/**
 * Two-way sub-EM, the headline metric of MemAgent's evaluation: 1 when either holds the other, so that a fragment of the gold answer passes.
 * MemAgent gives it only the first gold answer, and lets an answer pass that is empty in normal form; here that one is wrong.
 */
export function twoWaySubExactMatch(answer: string, gold: readonly string[]): number {
  const said = normalizeAnswer(answer);
  const either = (expected: string): boolean => contains(said, expected) || contains(expected, said);
  return gold.some((accepted) => either(normalizeAnswer(accepted))) ? 1 : 0;
}

/** One-way sub-EM by whole words: "no" is not found in "Nolan". In scripts written without spaces every character is a word. */
export function wordSubExactMatch(answer: string, gold: readonly string[]): number {
  const said = ` ${answerWords(answer).join(' ')} `;
  const found = gold.some((accepted) => {
    const words = answerWords(accepted);
    return words.length > 0 && said.includes(` ${words.join(' ')} `);
  });
  return found ? 1 : 0;
}

/** Word F1 (counted, order ignored), the best over the gold answers, in [0, 1]. "yes", "no" and "noanswer" must match exactly. */
export function f1(answer: string, gold: readonly string[]): number {
  return gold.reduce((best, accepted) => Math.max(best, pairF1(answer, accepted)), 0);
}

/** `exactMatch` of the last `\boxed{}` of a whole reply; 0 when there is none. */
export function boxedExactMatch(text: string, gold: readonly string[]): number {
  const answer = lastBoxed(text);
  return answer === undefined ? 0 : exactMatch(answer, gold);
}

/** Whether a text holds another one that is not empty. */
function contains(text: string, part: string): boolean {
  return part !== '' && text.includes(part);
}

function pairF1(answer: string, accepted: string): number {
  const said = answerWords(answer);
  const expected = answerWords(accepted);
  const saidText = said.join(' ');
  const expectedText = expected.join(' ');
  if (closedAnswers.has(saidText) || closedAnswers.has(expectedText)) return saidText === expectedText ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of expected) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of said) {
    const count = left.get(word) ?? 0;
    if (count > 0) common++;
    left.set(word, count - 1);
  }
  return common === 0 ? 0 : (2 * common) / (said.length + expected.length);
}
