import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import { randomFromSeed, type Datum, type Loss, type PolicyGradientLoss } from '@memtrain/policy';
import { CompiledCache } from '../src/compiled-cache.ts';
import { lossSlope } from '../src/loss-graph.ts';
import { addToken, emptyMetrics } from '../src/loss-metrics.ts';
import { initialParameters, parameterSpecs } from '../src/parameters.ts';
import { attentionCost } from '../src/plan-rows.ts';
import { cutTrainingBatches } from '../src/training-batch.ts';
import { TrainingStep, type TrainingStepOptions } from '../src/training-step.ts';
import { tiny } from './tiny-model.ts';

const compiled = new CompiledCache({ compileOptions: { threads: 1 } });
afterAll(async () => compiled.dispose());

const configuration = { ...tiny, maxPositions: 512, tiedEmbeddings: true };

function step(options: Partial<TrainingStepOptions> = {}): TrainingStep {
  const trainable = parameterSpecs(configuration);
  return new TrainingStep({ configuration, trainable, parameters: initialParameters(configuration, 3), compiled, ...options });
}

const random = randomFromSeed(7);
const tokens = (length: number): number[] => Array.from({ length }, () => 2 + random.integer(22));

/** Groups with a prompt of their own, prompts with a common beginning, and a stray. */
const data: Datum[] = [];
{
  const chunk = tokens(70);
  const prompts = [tokens(40), [...chunk, ...tokens(9)], [...chunk, ...tokens(4)], tokens(5)];
  for (const [p, prompt] of prompts.entries()) {
    for (let i = 0; i < [6, 2, 2, 1][p]!; i++) {
      const completion = Int32Array.from(tokens(3 + random.integer(12)));
      const values = (): Float32Array => Float32Array.from(completion, () => -3 + random.float());
      data.push({
        prompt: Int32Array.from(prompt),
        completion,
        logprobs: values(),
        reference: values(),
        finish: 'stop',
        advantage: Float32Array.from(completion, () => random.float() - 0.4),
        weight: 0.1 + random.float(),
      });
    }
  }
}

const loss: PolicyGradientLoss = { kind: 'policyGradient', clipLow: 0.2, clipHigh: 0.3, kl: 0.1, temperature: 0.9 };

/** Largest difference relative to the largest entry. */
function difference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  let scale = 0;
  for (const [i, value] of a.entries()) {
    largest = Math.max(largest, Math.abs(value - b[i]!));
    scale = Math.max(scale, Math.abs(value));
  }
  return largest / scale;
}

describe('the gradient', () => {
  test('is the same with shared beginnings and one conversation at a time, in any order and batch size, to 1e-5', async () => {
    const shared = step();
    const metrics = await shared.forwardBackward(data, loss);
    const alone = step();
    for (const datum of data) await alone.forwardBackward([datum], loss);
    expect(cutTrainingBatches(data, { tokenBudget: 4096, maxPositions: 512 })[0]!.tokens).toBeLessThan(
      data.reduce((sum, { prompt, completion }) => sum + prompt.length + completion.length - 1, 0) / 2,
    );
    expect(difference(alone.gradient, shared.gradient)).toBeLessThan(1e-5);
    for (const trainingTokens of [96, 256]) {
      const cut = step({ trainingTokens });
      const others = await cut.forwardBackward([...data].reverse(), loss);
      expect(difference(alone.gradient, cut.gradient)).toBeLessThan(1e-5);
      expect(others.loss).toBeCloseTo(metrics.loss, 4);
      expect(others.entropy).toBeCloseTo(metrics.entropy!, 2);
    }
  });

  test.each([false, true])(
    'is the same in rows with branches and one conversation at a time, to 1e-5 (recompute %s)',
    async (recompute) => {
      const groups = [60, 45].flatMap((length) => {
        const prompt = Int32Array.from(tokens(length));
        return Array.from({ length: 5 }, (): Datum => {
          const completion = Int32Array.from(tokens(17 + random.integer(12)));
          const values = (): Float32Array => Float32Array.from(completion, () => -3 + random.float());
          return {
            prompt,
            completion,
            logprobs: values(),
            reference: values(),
            finish: 'stop',
            advantage: random.float() - 0.4,
            weight: 1,
          };
        });
      });
      const branched = step({ recompute });
      // The last place of a row is no conversation's, and branches differ in length.
      const [batch, ...more] = cutTrainingBatches(groups, {
        tokenBudget: 2048,
        maxPositions: 512,
        pairCost: attentionCost(configuration),
        branched: true,
      });
      expect(more).toEqual([]);
      expect(batch).toMatchObject({ rows: 2, length: 64, branches: { count: 8, length: 32 } });
      const metrics = await branched.forwardBackward(groups, loss);
      const alone = step();
      let sum = 0;
      for (const datum of groups) sum += (await alone.forwardBackward([datum], loss)).loss;
      expect(difference(alone.gradient, branched.gradient)).toBeLessThan(1e-5);
      expect(metrics.loss).toBeCloseTo(sum, 4);
      const scored = await branched.forward(groups, { temperature: 0.9 });
      for (const [i, datum] of groups.entries()) {
        const [one] = await branched.forward([datum], { temperature: 0.9 });
        expect(difference(one!, scored[i]!)).toBeLessThan(1e-5);
      }
    },
  );

  test('is the same when layers are computed again instead of kept', async () => {
    const [kept, again] = [step({ recompute: false }), step({ recompute: true })];
    await kept.forwardBackward(data, loss);
    await again.forwardBackward(data, loss);
    expect(difference(kept.gradient, again.gradient)).toBeLessThan(1e-5);
  });

  test('is the same when the logits do not fit one slice', async () => {
    const wide = { ...configuration, vocabularySize: 16_384, layers: 1 };
    const trainable = parameterSpecs(wide);
    const make = (): TrainingStep => new TrainingStep({ configuration: wide, trainable, parameters: initialParameters(wide, 3), compiled });
    const long = Array.from({ length: 4 }, (): Datum => {
      const completion = Int32Array.from(tokens(150));
      const values = Float32Array.from(completion, () => -9);
      return {
        prompt: Int32Array.from(tokens(2)),
        completion,
        logprobs: values,
        reference: values,
        finish: 'length',
        advantage: 1,
        weight: 1,
      };
    });
    // Together they are 600 targets, in slices of 256; alone each is one slice.
    const [together, apart] = [make(), make()];
    const metrics = await together.forwardBackward(long, loss);
    for (const datum of long) await apart.forwardBackward([datum], loss);
    expect(difference(apart.gradient, together.gradient)).toBeLessThan(1e-5);
    // Of a random model the entropy is nearly that of the uniform distribution.
    expect(Math.abs(metrics.entropy! / metrics.tokens - Math.log(16_384))).toBeLessThan(1);
  });

  test('of frozen parameters is not computed, that of the others is what it is without freezing', async () => {
    const all = step();
    await all.forwardBackward(data, loss);
    const specs = parameterSpecs(configuration);
    const chosen = specs.filter(({ name }) => name.includes('k_proj') || name.includes('down_proj'));
    let offset = 0;
    const trainable = chosen.map((spec) => {
      const placed = { ...spec, offset };
      offset += spec.size;
      return placed;
    });
    const values = initialParameters(configuration, 3);
    const part = (spec: { offset: number; size: number }): Float32Array<ArrayBuffer> =>
      values.subarray(spec.offset, spec.offset + spec.size);
    const parameters = new Float32Array(offset);
    for (const [i, spec] of chosen.entries()) parameters.set(part(spec), trainable[i]!.offset);
    const frozen = specs.filter((spec) => !chosen.includes(spec)).map((spec) => ({ name: spec.name, shape: spec.shape, data: part(spec) }));
    const some = step({ trainable, parameters, frozen });
    await some.forwardBackward(data, loss);
    for (const [i, spec] of chosen.entries()) {
      const { offset: at, size } = trainable[i]!;
      expect(difference(all.gradient.subarray(spec.offset, spec.offset + spec.size), some.gradient.subarray(at, at + size))).toBeLessThan(
        1e-5,
      );
    }
  });
});

describe('losses', () => {
  const variants: PolicyGradientLoss[] = [
    loss,
    { ...loss, dualClip: 2 },
    { ...loss, surrogate: 'cispo' },
    { ...loss, klEstimator: 'k1', kl: 0.5 },
    { ...loss, klEstimator: 'k2', kl: 0.5 },
    { ...loss, kl: 0 },
  ];
  interface Token {
    readonly logprob: number;
    readonly old: number;
    readonly reference: number;
    readonly advantage: number;
    readonly weight: number;
  }
  const token: fc.Arbitrary<Token> = fc.record({
    logprob: fc.double({ min: -4, max: -0.01, noNaN: true }),
    old: fc.double({ min: -4, max: -0.01, noNaN: true }),
    reference: fc.double({ min: -4, max: -0.01, noNaN: true }),
    advantage: fc.double({ min: -2, max: 2, noNaN: true }),
    weight: fc.double({ min: 0, max: 2, noNaN: true }),
  });
  const value = (by: Loss, at: Token): number => {
    const metrics = emptyMetrics(by);
    addToken(metrics, by, { ...at, entropy: 0 });
    return metrics.loss;
  };

  test('have the slope of their value, for each surrogate, clip and KL estimator', () => {
    fc.assert(
      fc.property(fc.constantFrom<Loss>({ kind: 'crossEntropy' }, ...variants), token, (by, at) => {
        // The cispo factor is a constant: its value is differentiated with the ratio held.
        const held = by.kind === 'policyGradient' && by.surrogate === 'cispo';
        const ratio = Math.exp(at.logprob - at.old);
        const bounds = by.kind === 'policyGradient' ? [1 - by.clipLow, 1 + by.clipHigh, by.dualClip ?? Infinity] : [];
        // Kinks have no derivative.
        fc.pre(bounds.every((bound) => Math.abs(ratio - bound) > 1e-2));
        const h = 1e-4;
        const moved = (by_: number): number => value(by, { ...at, logprob: at.logprob + by_, ...(held && { old: at.old + by_ }) });
        const expected = (moved(h) - moved(-h)) / (2 * h);
        const one = (x: number): tf.Tensor => tf.tensor1d([x]);
        const slope = tf.tidy(
          () =>
            lossSlope(by, one(at.logprob), {
              old: one(at.old),
              reference: one(at.reference),
              advantage: one(at.advantage),
              weight: one(at.weight),
            }).dataSync()[0]!,
        );
        expect(Math.abs(slope - expected)).toBeLessThan(2e-2 * Math.max(1, Math.abs(expected)));
      }),
      { numRuns: 300 },
    );
  });

  test('metrics count what was clipped and how far the policy moved', async () => {
    const model = step();
    const current = await model.forward(data, { temperature: 0.9 });
    const metrics = await model.forwardBackward(data, { ...loss, kl: 0 });
    let [low, high, moved, largest] = [0, 0, 0, 0];
    for (const [i, datum] of data.entries()) {
      for (const [t, logprob] of current[i]!.entries()) {
        const by = logprob - datum.logprobs[t]!;
        const advantage = (datum.advantage as Float32Array)[t]!;
        if (advantage < 0 && Math.exp(by) < 0.8) low++;
        if (advantage > 0 && Math.exp(by) > 1.3) high++;
        moved += Math.abs(by);
        largest = Math.max(largest, Math.abs(by));
      }
    }
    expect([metrics.clippedLow, metrics.clippedHigh, metrics.clipped]).toEqual([low, high, low + high]);
    expect(low * high).toBeGreaterThan(0);
    expect(metrics.movedAbsolute).toBeCloseTo(moved, 2);
    expect(metrics.movedLargest).toBeCloseTo(largest, 4);
    expect(metrics.referenceKl).toBeUndefined();
    expect((await step().forwardBackward(data, loss)).referenceKl).toBeGreaterThan(0);
  });

  test('entropy is that of the next-token distributions', async () => {
    const model = step();
    const some = data.slice(-1);
    const V = configuration.vocabularySize;
    let expected = 0;
    for (const datum of some) {
      for (let t = 0; t < datum.completion.length; t++) {
        const prompt = Int32Array.of(...datum.prompt, ...datum.completion.subarray(0, t));
        const all = await model.forward(
          Array.from({ length: V }, (_, id) => ({ prompt, completion: Int32Array.of(id) })),
          { temperature: 0.9 },
        );
        for (const [logprob] of all) expected -= Math.exp(logprob!) * logprob!;
      }
    }
    expect((await model.forwardBackward(some, loss)).entropy).toBeCloseTo(expected, 3);
  }, 60_000);
});
