import { describe, expect, test } from '@jest/globals';
import { compression, computeRewards, format, gate, normalise, outcome, sum } from '@memtrain/rewards';
import type { Reward } from '@memtrain/rewards';
import fc from 'fast-check';
import { score, trajectory, unanswered } from './scored-reading.ts';

describe('combinators', () => {
  test('sum weighs its terms and logs each', async () => {
    const reward = sum([
      { name: 'outcome', weight: 1, reward: outcome() },
      { name: 'short', weight: 0.05, reward: compression() },
    ]);
    const [computed] = await computeRewards(reward, [trajectory()]);
    expect(computed!.reward).toBeCloseTo(1 + 0.05 * 0.83, 12);
    expect(computed!.metrics).toEqual({ outcome: 1, short: 1 - 17 / 100 });
    expect(await score(sum([]))).toBe(0);
    expect(() => sum([{ name: 'a', weight: NaN, reward: outcome() }])).toThrow('the weight of a is NaN');
    const twice = { name: 'a', weight: 1, reward: outcome() };
    expect(() => sum([twice, twice])).toThrow('one name');
  });

  test('a term of a sum may look at many trajectories at once; then so does the sum', async () => {
    const length: Reward = ({ memories }) => ({ reward: memories.length, metrics: { memories: memories.length } });
    const each = [1, 3].map((size) => trajectory({ id: String(size), memories: Array.from({ length: size }, () => 'x') }));
    const reward = sum([
      { name: 'outcome', weight: 1, reward: outcome() },
      { name: 'length', weight: 0.5, reward: normalise(length) },
    ]);
    expect(await computeRewards(reward, each)).toEqual([
      { reward: 0.5, metrics: { outcome: 1, length: -1, raw: 1, memories: 1 } },
      { reward: 1.5, metrics: { outcome: 1, length: 1, raw: 3, memories: 3 } },
    ]);
    const broken = sum([{ name: 'all', weight: 1, reward: { batch: () => [1] } }]);
    await expect(computeRewards(broken, each)).rejects.toMatchObject({ code: 'wrong-count', ids: ['1', '3'] });
  });

  test('gate pays only behind its condition, and computes nothing before it', async () => {
    let asked = 0;
    const counted: Reward = () => ++asked;
    expect(await computeRewards(gate(format(), counted), [unanswered])).toEqual([{ reward: 0, metrics: { gate: 0 } }]);
    expect(asked).toBe(0);
    expect(await computeRewards(gate(outcome(), counted), [trajectory()])).toEqual([{ reward: 1, metrics: { gate: 1 } }]);
    expect(await score(gate(outcome(), counted, { otherwise: 0.1 }), unanswered)).toBe(0.1);
  });

  test('normalise works within each group', async () => {
    const lengths = ['x', 'xxx', 'xxxxx', 'xx', 'xx'];
    const each = lengths.map((memory, place) => trajectory({ id: String(place), memories: [memory], group: place < 3 ? 'a' : 'b' }));
    const length: Reward = ({ memories }) => memories[0]!.length;
    const deviation = Math.sqrt(8 / 3);
    const scored = await computeRewards(normalise(length), each);
    expect(scored.map(({ reward }) => reward)).toEqual([-2 / deviation, 0, 2 / deviation, 0, 0]);
    expect(scored.map(({ metrics }) => metrics['raw'])).toEqual([1, 3, 5, 2, 2]);
    expect((await computeRewards(normalise(length, { kind: 'min-max' }), each)).map(({ reward }) => reward)).toEqual([0, 0.5, 1, 0, 0]);
  });

  test('a group of equal values is exactly 0, any other has mean 0 and deviation 1', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 8 }), async (values) => {
        const each = values.map((_, place) => trajectory({ id: String(place) }));
        const scored = (
          await computeRewards(
            normalise(({ id }) => values[Number(id)]!),
            each,
          )
        ).map(({ reward }) => reward);
        if (values.every((value) => value === values[0])) expect(scored.every((value) => value === 0)).toBe(true);
        // Differences near the smallest numbers have no deviation to divide by.
        fc.pre(Math.max(...values) - Math.min(...values) > 1e-6);
        const mean = scored.reduce((total, value) => total + value, 0) / scored.length;
        expect(mean).toBeCloseTo(0, 6);
        expect(scored.reduce((total, value) => total + value * value, 0) / scored.length).toBeCloseTo(1, 6);
      }),
    );
  });

  test('an error inside a combination keeps the id of its trajectory', async () => {
    const broken: Reward = ({ id }) => {
      if (id === 'bad') throw new Error('no such key');
      return 1;
    };
    const both = [trajectory({ id: 'good' }), trajectory({ id: 'bad' })];
    for (const reward of [normalise(broken), sum([{ name: 'a', weight: 1, reward: broken }]), gate(broken, broken)]) {
      await expect(computeRewards(reward, both)).rejects.toMatchObject({
        code: 'reward-failed',
        ids: ['bad'],
        message: expect.stringContaining('no such key'),
      });
    }
    await expect(
      computeRewards(
        normalise(() => NaN),
        both,
      ),
    ).rejects.toMatchObject({ code: 'not-a-number', ids: ['good'] });
  });
});
