import { describe, expect, test } from '@jest/globals';
import { endToEndReward, exactMatch, f1, recallReward, RewardError, weightedSum } from '@memtrain/rewards';
import fc from 'fast-check';

describe('recallReward (equation 1)', () => {
  test('is 1 for the target, 0 for anything else and for no answer', () => {
    expect(recallReward('the Louvre', 'Louvre')).toBe(1);
    expect(recallReward('Prado', 'Louvre')).toBe(0);
    expect(recallReward(undefined, 'Louvre')).toBe(0);
  });

  test('takes another verifier', () => {
    expect(recallReward('anything', 'Louvre', { verify: () => 0.25 })).toBe(0.25);
  });
});

describe('endToEndReward (equation 2)', () => {
  test.each<[string, string | undefined, number[], number, number]>([
    ['right, half recalled', 'Paris', [1, 0, 1, 0], 0.5, 1.25],
    ['wrong, all recalled', 'Rome', [1, 1], 0.5, 0.5],
    ['right, no recall made (G2 = 0)', 'Paris', [], 0.5, 1],
    ['right, decoupled', 'Paris', [1, 1], 0, 1],
    ['no answer keeps the coupling term', undefined, [1, 0], 0.5, 0.25],
  ])('%s', (_name, answer, recallRewards, lambda, expected) => {
    const { reward, outcome } = endToEndReward(answer, ['Paris'], { recallRewards, lambda });
    expect(reward).toBeCloseTo(expected, 12);
    expect(outcome).toBe(answer === 'Paris' ? 1 : 0);
  });

  test('lies between the outcome and the outcome plus lambda', () => {
    const bits = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 16 });
    fc.assert(
      fc.property(bits, fc.double({ min: 0, max: 4, noNaN: true }), fc.boolean(), (recallRewards, lambda, right) => {
        const { reward, outcome } = endToEndReward(right ? 'x1' : 'x2', ['x1'], { recallRewards, lambda });
        expect(outcome).toBe(right ? 1 : 0);
        expect(reward).toBeGreaterThanOrEqual(outcome);
        expect(reward).toBeLessThanOrEqual(outcome + lambda + 1e-9);
      }),
    );
  });

  test.each([-0.1, NaN, Infinity])('refuses lambda %p', (lambda) => {
    expect(() => endToEndReward('x', ['x'], { lambda })).toThrow(RewardError);
  });
});

describe('weightedSum', () => {
  test('adds verifiers up, and is itself a verifier', () => {
    const reward = weightedSum([
      { weight: 0.75, verify: exactMatch },
      { weight: 0.25, verify: f1 },
    ]);
    expect(reward('New York', ['New York'])).toBe(1);
    expect(reward('New York City', ['New York'])).toBeCloseTo(0.2, 12);
    expect(endToEndReward('New York City', ['New York'], { verify: reward }).outcome).toBeCloseTo(0.2, 12);
  });

  test('an empty sum is 0; a weight that is no number is refused with its place', () => {
    expect(weightedSum([])('x', ['x'])).toBe(0);
    const wrong = (): unknown =>
      weightedSum([
        { weight: 1, verify: f1 },
        { weight: NaN, verify: f1 },
      ]);
    expect(wrong).toThrow('the weight of term 1 is NaN');
    try {
      wrong();
    } catch (error) {
      expect(RewardError.isInstance(error)).toBe(true);
    }
    expect(RewardError.isInstance(new Error('x'))).toBe(false);
  });
});
