import type { Random } from '@memtrain/policy';

/** A sample of a task: text and question apart, as MemAgent has them. */
export interface RulerSample {
  readonly context: string;
  readonly input: string;
  readonly outputs: readonly string[];
  /** What of the text holds the answer. */
  readonly evidence?: readonly string[];
}

/** What the tasks draw on. */
export interface RulerSources {
  /** Sentences of real text for the haystacks that RULER makes of essays. */
  readonly sentences: readonly string[];
  /** Questions and passages for qa_1 and qa_2. */
  readonly questions: readonly { readonly question: string; readonly answers: readonly string[]; readonly evidence: readonly string[] }[];
  readonly passages: readonly string[];
}

/** Makes a sample of a task; `size` is how much haystack it has: sentences, words or documents. */
export type RulerMaker = (random: Random, size: number, sources: RulerSources) => RulerSample;

/** RULER's noise. */
export const noise = 'The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.';

/** Places for `count` things in a list of `length`, distinct where that is possible, in increasing order. */
export function places(random: Random, length: number, count: number): number[] {
  const found = new Set<number>();
  if (length >= count) while (found.size < count) found.add(random.integer(length + 1));
  else for (let index = 0; index < count; index++) found.add(index);
  return [...found].sort((a, b) => a - b);
}

/** The list with the things put before the places. */
export function insertAt(list: readonly string[], things: readonly string[], at: readonly number[]): string[] {
  const merged: string[] = [];
  let next = 0;
  for (let index = 0; index <= list.length; index++) {
    while (next < things.length && at[next] === index) merged.push(things[next++]!);
    if (index < list.length) merged.push(list[index]!);
  }
  return [...merged, ...things.slice(next)];
}
