import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildData, filterGroups, GrpoError, objective, type Aggregation, type RolloutGroup } from '../src/index.ts';
import { conversationOf } from './table-learner.ts';

/** One E group: two trajectories, the first of conversations with 1 and 2 tokens, the second with 5. */
const golden: RolloutGroup = {
  id: 'a',
  objective: 'E',
  trajectories: [
    { reward: 1, outcome: 1, conversations: [conversationOf(1), conversationOf(2)] },
    { reward: 0, outcome: 0, conversations: [conversationOf(5, { finish: 'length' })] },
  ],
};
/** As many I answers, all right: no outcome differs. */
const solved: RolloutGroup = {
  id: 'a',
  objective: 'I',
  trajectories: [0, 1].map(() => ({ reward: 1, outcome: 1, conversations: [conversationOf(3)] })),
};
/** Equal outcomes, rewards that differ by the coupling term. */
const coupled: RolloutGroup = {
  id: 'b',
  objective: 'E',
  trajectories: [0.25, 0.5].map((reward) => ({ reward, outcome: 0, conversations: [conversationOf(4)] })),
};

const valueOf = (groups: RolloutGroup[], options: Parameters<typeof buildData>[1]): number =>
  buildData(groups, options).data.reduce(
    (sum, datum) => sum + objective(datum, datum.logprobs, { clipLow: 0.2, clipHigh: 0.2, kl: 0 }).value,
    0,
  );

/** dJ/dlogp of every token, by its conversation's completion; what several data say of one conversation is added up. */
function gradientsOf(groups: RolloutGroup[], options: Parameters<typeof buildData>[1]): Map<Int32Array, number[]> {
  const found = new Map<Int32Array, number[]>();
  for (const datum of buildData(groups, options).data) {
    const { gradient } = objective(datum, datum.logprobs, { clipLow: 0.2, clipHigh: 0.2, kl: 0 });
    const before = found.get(datum.completion);
    found.set(
      datum.completion,
      Array.from(gradient, (slope, t) => slope + (before?.[t] ?? 0)),
    );
  }
  return found;
}

describe('the filter', () => {
  test('outcome drops groups of equal outcomes, even when the coupling term makes their rewards differ', () => {
    expect(filterGroups([golden, solved, coupled])).toEqual({ kept: [golden], dropped: [solved, coupled] });
    expect(filterGroups([golden, solved, coupled], 'outcome').kept).toEqual([golden]);
  });

  test('variance looks at the total reward, none keeps everything', () => {
    expect(filterGroups([golden, solved, coupled], 'variance')).toEqual({ kept: [golden, coupled], dropped: [solved] });
    expect(filterGroups([golden, solved, coupled], 'none').dropped).toEqual([]);
  });

  test('a group of one, or of none, carries no signal', () => {
    const single = { ...golden, trajectories: golden.trajectories.slice(0, 1) };
    const empty = { ...golden, trajectories: [] };
    for (const filter of ['outcome', 'variance'] as const) expect(filterGroups([single, empty], filter).kept).toEqual([]);
  });
});

describe('buildData', () => {
  // At ratio 1 a token is worth its advantage: +0.5 on 3 tokens, -0.5 on 5.
  const table: [Aggregation, number[], number][] = [
    ['conversationMean', [1 / 3, 1 / 3, 1 / 3], (0.5 * 3 - 0.5 * 5) / 3],
    ['tokenMean', [1 / 8, 1 / 8, 1 / 8], (0.5 * 3 - 0.5 * 5) / 8],
    ['sequenceMeanTokenMean', [1 / 3, 1 / 6, 1 / 15], (0.5 + 0.5 - 0.5) / 3],
    ['constant', [1 / 30, 1 / 30, 1 / 30], (0.5 * 3 - 0.5 * 5) / 30],
  ];
  test.each(table)('%s: weights and J worked out by hand', (aggregation, weights, value) => {
    const options = { aggregation, constantLength: 10 };
    expect(buildData([golden], options).data.map((datum) => datum.weight)).toEqual(weights.map((weight) => expect.closeTo(weight, 14)));
    expect(valueOf([golden], options)).toBeCloseTo(value, 14);
  });

  test('the advantage is per trajectory, then broadcast to its conversations', () => {
    expect(buildData([golden]).data.map((datum) => datum.advantage)).toEqual([0.5, 0.5, -0.5]);
    const many = {
      ...golden,
      trajectories: [
        { ...golden.trajectories[0]!, conversations: Array.from({ length: 8 }, () => conversationOf(1)) },
        golden.trajectories[1]!,
      ],
    };
    expect(buildData([many]).data.map((datum) => datum.advantage)).toEqual([...Array<number>(8).fill(0.5), -0.5]);
  });

  test('E and I are never compared with each other, but share the denominator', () => {
    const recall = {
      ...golden,
      objective: 'I',
      trajectories: golden.trajectories.map((trajectory) => ({ ...trajectory, reward: trajectory.reward + 100 })),
    };
    const { data, statistics } = buildData([golden, recall]);
    expect(data.map((datum) => datum.advantage)).toEqual([0.5, 0.5, -0.5, 0.5, 0.5, -0.5]);
    expect(data.every((datum) => datum.weight === 1 / 6)).toBe(true);
    expect(statistics.objectives['E']!.reward).toBe(0.5);
    expect(statistics.objectives['I']!.reward).toBe(100.5);
    expect(valueOf([golden, recall], {})).toBeCloseTo(valueOf([golden], {}), 14);
  });

  test('dropped groups count nowhere but in the statistics', () => {
    const { data, statistics } = buildData([golden, solved]);
    expect(data).toEqual(buildData([golden]).data);
    expect(statistics).toEqual({
      groups: 2,
      kept: 1,
      conversations: 3,
      tokens: 8,
      trained: 3,
      objectives: {
        E: {
          groups: 1,
          kept: 1,
          trajectories: 2,
          conversations: 3,
          tokens: 8,
          reward: 0.5,
          rewardDeviation: 0.5,
          outcome: 0.5,
          truncated: 1 / 3,
        },
        I: { groups: 1, kept: 0, trajectories: 2, conversations: 2, tokens: 6, reward: 1, rewardDeviation: 0, outcome: 1, truncated: 0 },
      },
    });
  });

  test('leaving out zero advantages keeps the denominator', () => {
    const { data, statistics } = buildData([golden, solved], { filter: 'none', dropZeroAdvantage: true });
    expect(data.map((datum) => datum.advantage)).toEqual([0.5, 0.5, -0.5]);
    expect(data.every((datum) => datum.weight === 1 / 5)).toBe(true);
    expect(statistics).toMatchObject({ conversations: 5, trained: 3 });
    expect(valueOf([golden, solved], { filter: 'none', dropZeroAdvantage: true })).toBe(valueOf([golden, solved], { filter: 'none' }));
  });

  test('a conversation without completion tokens counts, but is not trained on', () => {
    const silent = { ...golden, trajectories: [golden.trajectories[0]!, { reward: 0, outcome: 0, conversations: [conversationOf(0)] }] };
    for (const aggregation of ['conversationMean', 'sequenceMeanTokenMean'] as const) {
      const { data, statistics } = buildData([silent], { aggregation });
      expect(data.map((datum) => datum.completion.length)).toEqual([1, 2]);
      expect(statistics.conversations).toBe(3);
      expect(data[0]!.weight).toBeCloseTo(1 / 3, 14);
    }
  });

  test('maskTruncated: a conversation that was cut counts, its tokens neither count nor are trained on', () => {
    const weights = { conversationMean: 1 / 3, tokenMean: 1 / 3, sequenceMeanTokenMean: undefined, constant: 1 / 30 };
    for (const [aggregation] of table) {
      const options = { aggregation, constantLength: 10, maskTruncated: true };
      const { data, statistics } = buildData([golden], options);
      expect(data.map(({ completion, advantage }) => [completion.length, advantage])).toEqual([
        [1, 0.5],
        [2, 0.5],
      ]);
      expect(statistics).toMatchObject({ conversations: 3, tokens: 8, trained: 2 });
      const expected = weights[aggregation];
      expect(data.map(({ weight }) => weight)).toEqual(expected === undefined ? [1 / 3, 1 / 6] : [expected, expected]);
    }
  });

  test('doubling the batch by duplication changes neither J nor its gradient by any conversation', () => {
    const twin = { ...golden, id: 'twin' };
    for (const [aggregation] of table) {
      const once = gradientsOf([golden], { aggregation, constantLength: 10 });
      const twice = gradientsOf([golden, twin], { aggregation, constantLength: 10 });
      expect(twice.size).toBe(3);
      for (const [completion, slopes] of twice) expect(slopes).toEqual(once.get(completion)!.map((slope) => expect.closeTo(slope, 14)));
      expect(valueOf([golden, twin], { aggregation, constantLength: 10 })).toBeCloseTo(
        valueOf([golden], { aggregation, constantLength: 10 }),
        14,
      );
    }
  });

  test('J does not depend on the order of groups, nor on how the data are split into calls, and nor does its gradient', () => {
    const group = fc.array(
      fc.record({
        reward: fc.integer({ min: 0, max: 4 }),
        lengths: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      }),
      {
        minLength: 2,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...table.map(([kind]) => kind)),
        (drawn, aggregation) => {
          const groups = drawn.map((rows, index) => ({
            id: String(index),
            objective: index % 2 ? 'I' : 'E',
            trajectories: rows.map(({ reward, lengths }) => ({
              reward: reward / 4,
              outcome: reward,
              conversations: lengths.map((length) => conversationOf(length)),
            })),
          }));
          const options = { aggregation, constantLength: 7 };
          const whole = valueOf(groups, options);
          expect(valueOf([...groups].reverse(), options)).toBeCloseTo(whole, 12);
          const gradients = gradientsOf([...groups].reverse(), options);
          for (const [completion, slopes] of gradientsOf(groups, options)) {
            expect(gradients.get(completion)).toEqual(slopes.map((slope) => expect.closeTo(slope, 12)));
          }
          const values = buildData(groups, options).data.map(
            (datum) => objective(datum, datum.logprobs, { clipLow: 0.2, clipHigh: 0.2, kl: 0 }).value,
          );
          const half = Math.floor(values.length / 2);
          const sum = (part: number[]): number => part.reduce((total, value) => total + value, 0);
          expect(sum(values.slice(half)) + sum(values.slice(0, half))).toBeCloseTo(whole, 12);
        },
      ),
    );
  });

  test('tokens, sampler log-probabilities and reference go through untouched', () => {
    const [first] = golden.trajectories[0]!.conversations;
    const reference = new Map([[first!, Float32Array.of(-2)]]);
    const { data } = buildData([golden], { reference });
    expect(data[0]!.completion).toBe(first!.completion);
    expect(data[0]!.logprobs).toBe(first!.logprobs);
    expect(data[0]!.reference).toEqual(Float32Array.of(-2));
    expect(data[1]).not.toHaveProperty('reference');
  });

  const refusals: [string, () => unknown, string, RegExp][] = [
    ['two groups of one id', () => buildData([golden, golden]), 'bad-group', /"a" of objective "E" is there twice/],
    [
      'a reward that is no number',
      () => buildData([{ ...golden, trajectories: [{ ...golden.trajectories[0]!, reward: Number.NaN }] }]),
      'bad-group',
      /trajectory 0: reward is NaN/,
    ],
    [
      'a missing log-probability',
      () =>
        buildData([
          {
            ...golden,
            trajectories: [{ reward: 0, outcome: 0, conversations: [{ ...conversationOf(2), logprobs: new Float32Array(1) }] }],
          },
        ]),
      'bad-group',
      /1 log-probabilities for 2 completion tokens/,
    ],
    [
      'an infinite log-probability',
      () =>
        buildData([{ ...golden, trajectories: [{ reward: 0, outcome: 0, conversations: [conversationOf(2, { logprob: -Infinity })] }] }]),
      'bad-group',
      /completion token 0 is -Infinity/,
    ],
    ['constant without its length', () => buildData([golden], { aggregation: 'constant' }), 'bad-options', /constantLength/],
  ];
  test.each(refusals)('refuses %s', (_name, call, code, message) => {
    try {
      call();
    } catch (error) {
      expect(GrpoError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
      return;
    }
    throw new Error('nothing was thrown');
  });
});
