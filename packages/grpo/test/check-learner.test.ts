import { describe, expect, test } from '@jest/globals';
import type { Datum, Learner } from '@memtrain/policy';
import { checkLearner } from '../src/index.ts';
import { conversationOf, tableLearner } from './table-learner.ts';

const conversation = { ...conversationOf(3), completion: Int32Array.of(2, 1, 2) };
const scaled = (data: readonly Datum[], factor: (datum: Datum) => number): Datum[] =>
  data.map((datum) => {
    const { weight } = datum;
    return { ...datum, weight: typeof weight === 'number' ? weight * factor(datum) : weight.map((value) => value * factor(datum)) };
  });

/** Servers as they are found: each hands a right learner other weights, or reports another number. */
const wrong: [string, (right: Learner) => Partial<Learner>, RegExp][] = [
  [
    'a mean over the data of a call',
    (right) => ({
      forwardBackward: (data, loss) =>
        right.forwardBackward(
          scaled(data, () => 1 / data.length),
          loss,
        ),
    }),
    /crossEntropy, the gradient of a datum that is there twice in one call is 1\.00 and not 2 times/,
  ],
  [
    'a mean over the tokens of a call',
    (right) => {
      const tokens = (data: readonly Datum[]): number => data.reduce((sum, { completion }) => sum + completion.length, 0);
      return {
        forwardBackward: (data, loss) =>
          right.forwardBackward(
            scaled(data, () => 1 / tokens(data)),
            loss,
          ),
      };
    },
    /twice in one call is 1\.00 and not 2 times/,
  ],
  [
    'a mean over the tokens of each completion',
    (right) => ({
      forwardBackward: (data, loss) =>
        right.forwardBackward(
          scaled(data, ({ completion }) => 1 / completion.length),
          loss,
        ),
    }),
    /the gradient of a token with further tokens of weight 0 behind it is 0\.333 and not 1 times/,
  ],
  [
    'a mean over the calls of a step',
    (right) => {
      let calls = 0;
      return {
        forwardBackward: (data, loss) => (calls++, right.forwardBackward(data, loss)),
        optimStep: async (adam) => {
          const metrics = await right.optimStep(adam);
          const divided = { ...metrics, gradientNorm: metrics.gradientNorm / calls };
          calls = 0;
          return divided;
        },
      };
    },
    /twice in two calls of one step is 1\.00 and not 2 times/,
  ],
  [
    'a mean in the policy gradient alone',
    (right) => ({
      forwardBackward: (data, loss) =>
        right.forwardBackward(loss.kind === 'policyGradient' ? scaled(data, () => 1 / data.length) : data, loss),
    }),
    /policyGradient, the gradient of a datum that is there twice in one call/,
  ],
  [
    'a sum whose loss is reported as a mean',
    (right) => ({
      forwardBackward: async (data, loss) => {
        const metrics = await right.forwardBackward(data, loss);
        return { ...metrics, loss: metrics.loss / data.length };
      },
    }),
    /crossEntropy, the loss of a datum that is there twice in one call is 1\.00/,
  ],
];

describe('the check of a learner', () => {
  test('lets one pass that adds up, and leaves its weights as they were', async () => {
    const learner = tableLearner();
    learner.logits.set([0.3, -0.5, 0.1, 0]);
    await checkLearner(learner, conversation, { tolerance: 1e-6 });
    expect([...learner.logits]).toEqual([0.3, -0.5, 0.1, 0]);
  });

  test.each(wrong)('finds %s', async (_name, change, message) => {
    const right = tableLearner();
    await expect(checkLearner({ ...right, ...change(right) }, conversation)).rejects.toMatchObject({
      code: 'bad-learner',
      message: expect.stringMatching(message),
    });
  });

  test('needs two tokens', async () => {
    await expect(checkLearner(tableLearner(), conversationOf(1))).rejects.toMatchObject({ code: 'bad-options' });
  });
});
