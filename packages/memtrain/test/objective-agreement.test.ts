import { afterAll, describe, expect, test } from '@jest/globals';
import { checkLearner, forwardBackwardByCrossEntropy } from '@memtrain/grpo';
import { createLanguageModel, type LanguageModel } from '@memtrain/lm';
import { deriveSeed, randomFromSeed, wordTokenizer, type Datum, type LossMetrics, type PolicyGradientLoss } from '@memtrain/policy';

// The local engine computes losses in its own graph, `objective` in doubles. Through the linear form (cross entropy weighted by the
// closed-form gradient) both go through the same backward pass, so their gradients differ by the loss alone.

const learner = createLanguageModel({
  configuration: {
    vocabularySize: 24,
    hiddenSize: 16,
    layers: 2,
    heads: 4,
    keyValueHeads: 2,
    headSize: 8,
    intermediateSize: 24,
    ropeTheta: 10_000,
    normEpsilon: 1e-6,
    tiedEmbeddings: false,
    maxPositions: 64,
    initializerRange: 0.3,
  },
  tokenizer: wordTokenizer(['<pad>', '<eos>', ...Array.from({ length: 22 }, (_, i) => `w${i}`)]),
  seed: 5,
  threads: 1,
});
afterAll(() => learner.dispose());

/** Conversations whose log-probabilities lie up to `spread` around the model's own, on either side of every bound, with advantages of both signs. */
async function dataAround(spread: number, temperature: number): Promise<Datum[]> {
  const random = randomFromSeed(deriveSeed(3, 'data'));
  const around = (value: number): number => value + (2 * random.float() - 1) * spread;
  const conversations = Array.from({ length: 6 }, (_, i) => ({
    prompt: Int32Array.from({ length: 3 + i }, () => 2 + random.integer(22)),
    completion: Int32Array.from({ length: 5 + 3 * i }, () => 2 + random.integer(22)),
    logprobs: new Float32Array(0),
    finish: 'stop' as const,
  }));
  const current = await learner.forward(conversations, { temperature });
  return conversations.map((conversation, i) => ({
    ...conversation,
    logprobs: current[i]!.map(around),
    reference: current[i]!.map(around),
    advantage: current[i]!.map(() => 2 * random.float() - 1),
    weight: 1 / 6,
  }));
}

/** The gradient in the learner since its last optimizer step, and none of it left. */
async function takeGradient(model: LanguageModel): Promise<Float64Array> {
  const taken = Float64Array.from([...model.gradients().values()].flatMap(({ data }) => Array.from(data as Float32Array)));
  await model.optimStep({ learningRate: 0 });
  return taken;
}

/** Largest difference of two gradients, as a share of the largest entry. */
function difference(one: Float64Array, other: Float64Array): number {
  const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest(other)).toBeGreaterThan(0);
  return largest(one.map((value, i) => value - other[i]!)) / largest(other);
}

async function bothWays(
  loss: Omit<PolicyGradientLoss, 'kind'>,
  spread = 0.7,
): Promise<{ apart: number; graph: LossMetrics; closed: LossMetrics }> {
  const data = await dataAround(spread, loss.temperature ?? 1);
  const graph = await learner.forwardBackward(data, { kind: 'policyGradient', ...loss });
  const byGraph = await takeGradient(learner);
  const closed = await forwardBackwardByCrossEntropy(learner, data, loss);
  return { apart: difference(byGraph, await takeGradient(learner)), graph, closed };
}

const clip = { clipLow: 0.2, clipHigh: 0.28 };
const variants: [string, Omit<PolicyGradientLoss, 'kind'>][] = [
  ['ppo', { ...clip, kl: 0 }],
  ['dual clip', { ...clip, kl: 0, dualClip: 1.5 }],
  ['cispo', { ...clip, kl: 0, surrogate: 'cispo' }],
  ['ppo with k1', { ...clip, kl: 0.5, klEstimator: 'k1' }],
  ['ppo with k2', { ...clip, kl: 0.5, klEstimator: 'k2' }],
  ['ppo with k3', { ...clip, kl: 0.5, klEstimator: 'k3' }],
  ['cispo with k3, the default estimator', { ...clip, kl: 0.5, surrogate: 'cispo' }],
];

describe('the loss graph of the local engine is the objective:', () => {
  test.each(variants)('%s: the gradient of every parameter, and the metrics', async (_name, loss) => {
    const { apart, graph, closed } = await bothWays(loss);
    expect(apart).toBeLessThan(1e-6);
    expect(graph.loss).toBeCloseTo(closed.loss, 5);
    expect(graph.tokens).toBe(closed.tokens);
    expect(graph.movedKl).toBeCloseTo(closed.movedKl, 4);
    expect(graph.movedAbsolute).toBeCloseTo(closed.movedAbsolute!, 4);
    expect(graph.movedLargest).toBeCloseTo(closed.movedLargest!, 5);
    expect([graph.clippedLow, graph.clippedHigh]).toEqual([closed.clippedLow, closed.clippedHigh]);
    expect(closed.clippedLow! * closed.clippedHigh!).toBeGreaterThan(0); // The data reach beyond both bounds.
    if (loss.kl > 0) expect(graph.referenceKl).toBeCloseTo(closed.referenceKl!, 4);
  });

  test('no two of the variants would pass for each other', async () => {
    const data = await dataAround(0.7, 1);
    const gradients: Float64Array[] = [];
    for (const [, loss] of variants) {
      await learner.forwardBackward(data, { kind: 'policyGradient', ...loss });
      gradients.push(await takeGradient(learner));
    }
    for (const [i, one] of gradients.entries())
      for (const other of gradients.slice(i + 1)) expect(difference(one, other)).toBeGreaterThan(1e-2);
  });

  test('a token clipped by dual clip counts as clipped', async () => {
    const { graph, closed } = await bothWays({ ...clip, kl: 0, dualClip: 1.5 });
    expect(closed.clipped).toBeGreaterThan(closed.clippedLow! + closed.clippedHigh!);
    expect(graph.clipped).toBe(closed.clipped);
  });

  test('beyond 20 nats there is no gradient, neither of the ratio nor of the KL term', async () => {
    for (const klEstimator of ['k1', 'k2', 'k3'] as const) {
      const { apart, graph, closed } = await bothWays({ ...clip, kl: 0.5, klEstimator }, 40);
      // Ratios just inside the bound are near exp(20): float32 keeps fewer digits of their differences.
      expect(apart).toBeLessThan(1e-5);
      expect(graph.loss / closed.loss).toBeCloseTo(1, 5);
    }
  });

  test('the engine adds up over data, calls and tokens, and divides by nothing', async () => {
    const [conversation] = await dataAround(0, 1);
    await checkLearner(learner, conversation!, { tolerance: 1e-4 });
  });

  test('at another temperature than 1, also through cross entropy', async () => {
    expect((await bothWays({ ...clip, kl: 0.5, temperature: 0.7 })).apart).toBeLessThan(1e-6);
  });
});
