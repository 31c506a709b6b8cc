import type { Random } from '@memtrain/policy';
import { randomUuid, sevenDigits, wordKey } from './random-names.ts';
import { insertAt, noise, places } from './ruler-sample.ts';
import type { RulerMaker } from './ruler-sample.ts';

/** RULER's parameters of a needle task. */
export interface NeedleTask {
  readonly haystack: 'repeat' | 'essay' | 'needle';
  readonly keys: 'words' | 'uuids';
  readonly values: 'numbers' | 'uuids';
  /** Keys with a needle; values of a key; keys asked for. Default 1 each. */
  readonly needleKeys?: number;
  readonly valuesOfKey?: number;
  readonly asked?: number;
}

/** The eight needle-in-a-haystack tasks. */
export const needleTasks: Readonly<Record<string, NeedleTask>> = {
  niah_single_1: { haystack: 'repeat', keys: 'words', values: 'numbers' },
  niah_single_2: { haystack: 'essay', keys: 'words', values: 'numbers' },
  niah_single_3: { haystack: 'essay', keys: 'words', values: 'uuids' },
  niah_multikey_1: { haystack: 'essay', keys: 'words', values: 'numbers', needleKeys: 4 },
  niah_multikey_2: { haystack: 'needle', keys: 'words', values: 'numbers' },
  niah_multikey_3: { haystack: 'needle', keys: 'uuids', values: 'uuids' },
  niah_multivalue: { haystack: 'essay', keys: 'words', values: 'numbers', valuesOfKey: 4 },
  niah_multiquery: { haystack: 'essay', keys: 'words', values: 'numbers', needleKeys: 4, asked: 4 },
};

const makers: Readonly<Record<'words' | 'uuids' | 'numbers', (random: Random) => string>> = {
  words: wordKey,
  uuids: randomUuid,
  numbers: sevenDigits,
};

/** Needles in a haystack of `size` sentences (a line of noise counts as one). */
export function needleMaker(task: NeedleTask): RulerMaker {
  const { haystack, keys: keyKind, values: valueKind, needleKeys = 1, valuesOfKey = 1, asked = 1 } = task;
  const needle = (key: string, value: string): string => `One of the special magic ${valueKind} for ${key} is: ${value}.`;
  return (random, size, sources) => {
    const keys = Array.from({ length: needleKeys }, () => makers[keyKind](random));
    const values = keys.map(() => Array.from({ length: valuesOfKey }, () => makers[valueKind](random)));
    const needles = random.shuffle(keys.flatMap((key, index) => values[index]!.map((value) => needle(key, value))));
    const hay = Array.from({ length: size }, (_, index) => {
      if (haystack === 'repeat') return noise;
      if (haystack === 'needle') return needle(makers[keyKind](random), makers[valueKind](random));
      return sources.sentences[index % sources.sentences.length]!;
    });
    const questioned = random.shuffle(keys.map((_key, index) => index)).slice(0, asked);
    const names = questioned.map((index) => keys[index]!);
    const query = names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')}, and ${names.at(-1)!}`;
    const outputs = questioned.flatMap((index) => values[index]!);
    const kind = outputs.length === 1 ? valueKind.slice(0, -1) : valueKind;
    return {
      context: insertAt(hay, needles, places(random, hay.length, needles.length)).join(haystack === 'essay' ? ' ' : '\n'),
      input: `What ${outputs.length === 1 ? `is the special magic ${kind}` : `are all the special magic ${kind}`} for ${query} that the text mentions?`,
      outputs,
      evidence: questioned.flatMap((index) => values[index]!.map((value) => needle(keys[index]!, value))),
    };
  };
}
