import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { advantages, type AdvantageKind } from '../src/index.ts';

const kinds: AdvantageKind[] = ['mean', 'std', 'leave-one-out'];
const rewards = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 16 });

describe('advantages', () => {
  test('match numbers worked out by hand', () => {
    expect(advantages([1, 0, 0, 1], { kind: 'mean' })).toEqual([0.5, -0.5, -0.5, 0.5]);
    expect(advantages([3, 0, 0], { kind: 'leave-one-out' })).toEqual([3, -1.5, -1.5]);
    const [right, wrong] = advantages([1, 0], { kind: 'std' });
    expect(right).toBeCloseTo(0.5 / (Math.SQRT1_2 + 1e-6), 12);
    expect(wrong).toBe(-right!);
  });

  test.each(kinds)('%s: equal rewards and a group of one give exactly 0', (kind) => {
    expect(advantages([0.1, 0.1, 0.1], { kind })).toEqual([0, 0, 0]);
    expect(advantages([0.7], { kind })).toEqual([0]);
    expect(advantages([], { kind })).toEqual([]);
  });

  test.each(kinds)('%s: sum to 0 for rewards that differ in the last bit', (kind) => {
    const [first, second] = advantages([9.999999999986311, 9.99999999998631], { kind });
    expect(first).toBeGreaterThan(0);
    expect(first! + second!).toBe(0);
  });

  test.each(kinds)('%s: sum to 0 in any group', (kind) => {
    fc.assert(
      fc.property(rewards, (group) => {
        const values = advantages(group, { kind });
        const size = Math.max(1, ...values.map(Math.abs));
        expect(Math.abs(values.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-9 * size);
      }),
    );
  });

  test.each(kinds)('%s: the same when every reward is shifted by a constant', (kind) => {
    // Quarters are exact in binary, so only the mean rounds.
    const quarters = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 16 });
    fc.assert(
      fc.property(quarters, fc.integer({ min: -40, max: 40 }), (group, shift) => {
        const plain = advantages(
          group.map((value) => value / 4),
          { kind },
        );
        const shifted = advantages(
          group.map((value) => (value + shift) / 4),
          { kind },
        );
        for (const [index, value] of plain.entries()) expect(shifted[index]).toBeCloseTo(value, 9);
      }),
    );
  });

  test('leave-one-out is the mean kind times n / (n - 1)', () => {
    fc.assert(
      fc.property(rewards, (group) => {
        const plain = advantages(group, { kind: 'mean' });
        const others = advantages(group, { kind: 'leave-one-out' });
        const n = group.length;
        for (const [index, value] of plain.entries()) expect(others[index]).toBeCloseTo(n === 1 ? 0 : (value * n) / (n - 1), 9);
      }),
    );
  });
});
