import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bootstrapMean, pairedTest } from '../src/index.ts';

const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });

describe('the bootstrap over questions', () => {
  test('holds the mean, lies within the values, and the same seed repeats it', () => {
    fc.assert(
      fc.property(scores, fc.integer(), (values, seed) => {
        const found = bootstrapMean(values, { seed, resamples: 200 });
        expect(bootstrapMean(values, { seed, resamples: 200 })).toEqual(found);
        expect(found.low).toBeLessThanOrEqual(found.high);
        expect(found.low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
        expect(found.high).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
      }),
    );
  });

  test('has the width that theory gives: 1.96 standard errors each way', () => {
    const values = Array.from({ length: 400 }, (_, index) => (index % 4 === 0 ? 1 : 0));
    const { mean, low, high } = bootstrapMean(values, { seed: 1 });
    expect(mean).toBe(0.25);
    const expected = 1.96 * Math.sqrt((0.25 * 0.75) / 400);
    expect((high - low) / 2).toBeCloseTo(expected, 2);
  });

  test('refuses no values and values that are not finite', () => {
    for (const values of [[], [NaN]]) {
      expect(() => bootstrapMean(values, { seed: 1 })).toThrow(expect.objectContaining({ code: 'bad-options' }));
    }
  });
});

describe('the paired test', () => {
  test('mirrors when the two are swapped, and sees nothing where nothing is', () => {
    fc.assert(
      fc.property(scores, fc.integer(), (values, seed) => {
        const other = values.map((value) => 1 - value);
        const [there, back] = [pairedTest(values, other, { seed, rounds: 100 }), pairedTest(other, values, { seed, rounds: 100 })];
        expect(there.difference.mean).toBeCloseTo(-back.difference.mean, 9);
        expect([there.better, there.worse]).toEqual([back.worse, back.better]);
        expect(there.permutationP).toBeCloseTo(back.permutationP, 9);
        expect(pairedTest(values, values, { seed, rounds: 100 })).toMatchObject({ permutationP: 1, signP: 1, better: 0, worse: 0 });
      }),
      { numRuns: 50 },
    );
  });

  test("has McNemar's exact p, and a permutation p that agrees with it", () => {
    // 10 better, 2 worse: p = 2 (C(12,0) + C(12,1) + C(12,2)) / 2^12.
    const before = [...Array<number>(10).fill(0), 1, 1, ...Array<number>(20).fill(1)];
    const after = [...Array<number>(10).fill(1), 0, 0, ...Array<number>(20).fill(1)];
    const { signP, permutationP } = pairedTest(before, after, { seed: 1 });
    expect(signP).toBeCloseTo((2 * (1 + 12 + 66)) / 4096, 12);
    expect(permutationP).toBeCloseTo(signP, 2);
  });
});
