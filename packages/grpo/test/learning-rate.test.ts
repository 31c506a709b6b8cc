import { describe, expect, test } from '@jest/globals';
import { learningRate } from '../src/index.ts';

const over = (schedule: Parameters<typeof learningRate>[0], steps: number): number[] =>
  Array.from({ length: steps }, (_, index) => learningRate(schedule, index + 1));

describe('learning-rate schedules', () => {
  test('constant, with and without warm-up', () => {
    expect(over({ kind: 'constant', peak: 2 }, 3)).toEqual([2, 2, 2]);
    expect(over({ kind: 'constant', peak: 2, warmup: 4 }, 6)).toEqual([0.5, 1, 1.5, 2, 2, 2]);
  });

  test('linear goes down to its floor and stays there', () => {
    expect(over({ kind: 'linear', peak: 1, warmup: 1, steps: 5, floor: 0.2 }, 6)).toEqual(
      [1, 0.8, 0.6, 0.4, 0.2, 0.2].map((rate) => expect.closeTo(rate, 12)),
    );
  });

  test('cosine is half way down in the middle', () => {
    expect(over({ kind: 'cosine', peak: 1, steps: 4 }, 5)).toEqual(
      [(1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2, 0, 0].map((rate) => expect.closeTo(rate, 12)),
    );
  });

  test('refuses a negative rate, and a decay that is over before the warm-up', () => {
    expect(() => learningRate({ kind: 'constant', peak: -1 }, 1)).toThrow(expect.objectContaining({ code: 'bad-options' }));
    expect(() => learningRate({ kind: 'cosine', peak: 1, warmup: 5, steps: 5 }, 1)).toThrow(/steps \(5\) must be above warmup \(5\)/);
  });
});
