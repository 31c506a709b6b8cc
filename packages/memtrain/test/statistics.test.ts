import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pairedBootstrap } from '../src/evaluation/paired-bootstrap.ts';
import { wilsonInterval } from '../src/evaluation/wilson.ts';

describe('the Wilson interval', () => {
  test('has the textbook values', () => {
    const half = wilsonInterval(5, 10);
    expect(half.low).toBeCloseTo(0.2366, 4);
    expect(half.high).toBeCloseTo(0.7634, 4);
    const none = wilsonInterval(0, 20);
    expect(none.low).toBe(0);
    expect(none.high).toBeCloseTo(0.1611, 4);
  });

  test('holds its estimate, lies in [0, 1] and mirrors', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const successes = Math.round(share * trials);
        const { value, low, high } = wilsonInterval(successes, trials);
        const mirrored = wilsonInterval(trials - successes, trials);
        expect(0 <= low && low <= value && value <= high && high <= 1).toBe(true);
        expect(mirrored.low).toBeCloseTo(1 - high, 9);
      }),
    );
  });

  test('narrows with more trials', () => {
    const width = (trials: number): number => wilsonInterval(trials / 2, trials).high - wilsonInterval(trials / 2, trials).low;
    expect(width(1000)).toBeLessThan(width(100));
  });

  test.each([
    [1, 0],
    [3, 2],
    [-1, 5],
    [0.5, 5],
  ])('refuses %p of %p', (successes, trials) => {
    expect(() => wilsonInterval(successes, trials)).toThrow(expect.objectContaining({ code: 'bad-options' }));
  });
});

describe('the paired bootstrap', () => {
  const before = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? 1 : 0));
  const after = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 || index % 4 === 1 ? 1 : 0));

  test('finds a clear rise, and no difference between a list and itself', () => {
    const rise = pairedBootstrap(before, after, { seed: 1 });
    expect(rise.low).toBeGreaterThan(0);
    expect(rise.high).toBeGreaterThan(rise.difference);
    expect(pairedBootstrap(before, before, { seed: 1 })).toEqual({ difference: 0, low: 0, high: 0 });
  });

  test('gives the same interval for the same seed, and turns round with its arguments', () => {
    const first = pairedBootstrap(before, after, { seed: 7 });
    expect(pairedBootstrap(before, after, { seed: 7 })).toEqual(first);
    const turned = pairedBootstrap(after, before, { seed: 7 });
    expect(turned.difference).toBeCloseTo(-first.difference, 12);
    expect(turned.low).toBeCloseTo(-first.high, 12);
  });

  test('keeps pairs together: the same rise everywhere has no spread', () => {
    const scores = Array.from({ length: 50 }, (_, index) => index);
    const shifted = scores.map((score) => score + 2);
    expect(pairedBootstrap(scores, shifted, { seed: 3 })).toEqual({ difference: 2, low: 2, high: 2 });
  });

  test('covers the true difference about as often as it says', () => {
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const zeros = Array.from({ length: 60 }, () => 0);
      const drawn = Array.from({ length: 60 }, (_, index) => (((trial * 7919 + index * 104729) % 1009) / 1009 < 0.3 ? 1 : 0));
      const { low, high } = pairedBootstrap(zeros, drawn, { seed: trial, resamples: 300 });
      if (low <= 0.3 && 0.3 <= high) covered++;
    }
    expect(covered).toBeGreaterThan(170);
  });

  test.each([
    [[], []],
    [[1], [1, 2]],
    [[Number.NaN], [1]],
  ])('refuses %p and %p', (left, right) => {
    expect(() => pairedBootstrap(left, right, { seed: 0 })).toThrow(expect.objectContaining({ code: 'bad-options' }));
  });
});
