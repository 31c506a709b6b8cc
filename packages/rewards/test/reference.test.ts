import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { countObjectives, verifiers } from '@memtrain/rewards';
import type { VerifierName } from '@memtrain/rewards';

interface ReferenceCase {
  readonly prediction: string;
  readonly golds: readonly string[] | readonly (readonly string[])[];
  readonly scores: Readonly<Partial<Record<VerifierName | 'count-objectives', number>>>;
}

// Made by make-reference.py from the published scorers.
const cases = JSON.parse(readFileSync(new URL('./data/reference-scores.json', import.meta.url), 'utf8')) as ReferenceCase[];

describe('published scorers', () => {
  test('at least 200 cases, with several right and several wrong for each verifier', () => {
    expect(cases.length).toBeGreaterThanOrEqual(200);
    const names = [
      'em',
      'f1',
      'sub-em',
      'sub-em-two-way',
      'boxed-strict',
      'string-match-all',
      'string-match-part',
      'count-objectives',
    ] as const;
    for (const name of names) {
      const scores = cases.flatMap((each) => each.scores[name] ?? []);
      expect(scores.filter((score) => score > 0).length).toBeGreaterThanOrEqual(8);
      expect(scores.filter((score) => score === 0).length).toBeGreaterThanOrEqual(8);
    }
  });

  test('every score is the recorded one', () => {
    const wrong: unknown[] = [];
    for (const { prediction, golds, scores } of cases) {
      for (const [name, expected] of Object.entries(scores)) {
        const score =
          name === 'count-objectives'
            ? countObjectives(prediction, golds as string[][])
            : verifiers[name as VerifierName](prediction, golds as string[]);
        if (Math.abs(score - expected) > 1e-6) wrong.push({ name, prediction, golds, expected, score });
      }
    }
    expect(wrong).toEqual([]);
  });
});
