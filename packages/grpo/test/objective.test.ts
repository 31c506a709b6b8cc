import { describe, expect, test } from '@jest/globals';
import type { Datum } from '@memtrain/policy';
import fc from 'fast-check';
import { objective, type KlEstimator, type ObjectiveOptions } from '../src/index.ts';

const clip = { clipLow: 0.2, clipHigh: 0.28 };

function datumOf(fields: { old: number[]; advantage: number | number[]; weight?: number | number[]; reference?: number[] }): Datum {
  const { old, advantage, weight = 1, reference } = fields;
  const floats = (value: number | number[]): number | Float32Array => (typeof value === 'number' ? value : Float32Array.from(value));
  return {
    prompt: Int32Array.of(0),
    completion: new Int32Array(old.length),
    logprobs: Float32Array.from(old),
    finish: 'stop',
    advantage: floats(advantage),
    weight: floats(weight),
    ...(reference && { reference: Float32Array.from(reference) }),
  };
}

describe('the objective', () => {
  const r = { below: 0.5, inside: 1.1, above: 2 };
  const table: [number, keyof typeof r, number, boolean][] = [
    [1, 'below', 0.5, false],
    [1, 'inside', 1.1, false],
    [1, 'above', 1.28, true],
    [-1, 'below', -0.8, true],
    [-1, 'inside', -1.1, false],
    [-1, 'above', -2, false],
  ];
  test.each(table)('clip table: advantage %d, ratio %s gives %d, clipped %p', (advantage, place, value, clipped) => {
    const result = objective(datumOf({ old: [0], advantage }), [Math.log(r[place])], { ...clip, kl: 0 });
    expect(result.value).toBeCloseTo(value, 12);
    expect([result.clipped, result.clippedLow, result.clippedHigh]).toEqual([
      Number(clipped),
      Number(clipped && place === 'below'),
      Number(clipped && place === 'above'),
    ]);
    if (clipped) expect(result.gradient[0]).toBe(0);
    else expect(result.gradient[0]).toBeCloseTo(value, 12); // d(rA)/dlogp = rA
  });

  test('at ratio 1 it is REINFORCE with a baseline: value and slope are weight times advantage', () => {
    const result = objective(datumOf({ old: [-1, -2], advantage: [0.5, -0.25], weight: [0.5, 0.25] }), [-1, -2], { ...clip, kl: 0 });
    expect(result.value).toBe(0.5 * 0.5 - 0.25 * 0.25);
    expect([...result.gradient]).toEqual([0.25, -0.0625]);
    expect(result.movedKl).toBe(0);
  });

  test('KL estimates at d = reference - logp = log 2', () => {
    const at = (klEstimator: KlEstimator): { value: number; slope: number } => {
      const result = objective(datumOf({ old: [0], advantage: 0, reference: [0] }), [-Math.LN2], { ...clip, kl: 0.5, klEstimator });
      return { value: result.value, slope: result.gradient[0]! };
    };
    expect(at('k1')).toEqual({ value: 0.5 * Math.LN2, slope: -0.5 });
    expect(at('k2')).toEqual({ value: expect.closeTo(-0.25 * Math.LN2 ** 2, 12), slope: expect.closeTo(0.5 * Math.LN2, 12) });
    expect(at('k3')).toEqual({ value: expect.closeTo(-0.5 * (1 - Math.LN2), 12), slope: expect.closeTo(0.5, 12) });
  });

  test.each(['k1', 'k2', 'k3'] as const)('%s is 0 where the policies agree; only k1 can be negative', (klEstimator) => {
    const estimate = (reference: number, logp: number): number =>
      objective(datumOf({ old: [logp], advantage: 0, reference: [reference] }), [Math.fround(logp)], { ...clip, kl: 1, klEstimator })
        .referenceKl;
    const logprob = fc.double({ min: -30, max: 0, noNaN: true });
    fc.assert(
      fc.property(logprob, logprob, (reference, logp) => {
        expect(estimate(logp, logp)).toBeCloseTo(0, 12);
        const value = estimate(reference, logp);
        if (klEstimator === 'k1') expect(value).toBeCloseTo(Math.max(-20, Math.min(20, logp - reference)), 4);
        else expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('the KL term pulls a log-probability towards the reference, from either side', () => {
    for (const logp of [-3, -1]) {
      const { gradient } = objective(datumOf({ old: [logp], advantage: 0, reference: [-2] }), [logp], { ...clip, kl: 0.1 });
      expect(Math.sign(gradient[0]!)).toBe(Math.sign(-2 - logp));
    }
  });

  test('with no advantage even a huge ratio gives 0, never NaN', () => {
    const result = objective(datumOf({ old: [-800], advantage: 0 }), [0], { ...clip, kl: 0 });
    expect(result).toMatchObject({ value: 0, clipped: 0 });
    expect(result.gradient[0]).toBe(0);
  });

  test.each([
    [-1, 0.5, -0.8, 'low'],
    [-1, 2.9, -2.9, undefined],
    [-1, 4, -3, 'dual'],
    [1, 4, 1.28, 'high'],
  ] as const)('dual clip 3: advantage %d, ratio %d gives %d, clipped %s', (advantage, ratio, value, clipped) => {
    const result = objective(datumOf({ old: [0], advantage }), [Math.log(ratio)], { ...clip, kl: 0, dualClip: 3 });
    expect(result.value).toBeCloseTo(value, 12);
    expect(result.gradient[0]).toBeCloseTo(clipped ? 0 : value, 12);
    expect([result.clippedLow, result.clippedHigh, result.clipped]).toEqual([
      Number(clipped === 'low'),
      Number(clipped === 'high'),
      Number(clipped !== undefined),
    ]);
  });

  test('a CISPO token keeps a gradient outside the clip range: the clipped ratio times the advantage', () => {
    const at = (ratio: number): number =>
      objective(datumOf({ old: [0], advantage: 2 }), [Math.log(ratio)], { ...clip, kl: 0, surrogate: 'cispo' }).gradient[0]!;
    expect([at(0.1), at(1), at(5)].map((slope) => +slope.toFixed(9))).toEqual([1.6, 2, 2.56]);
  });

  test.each([
    [1, 0.1, undefined],
    [1, 5, 'high'],
    [-1, 0.1, 'low'],
    [-1, 5, undefined],
  ] as const)('CISPO counts what PPO would clip: advantage %d, ratio %d is %s', (advantage, ratio, clipped) => {
    const { clippedLow, clippedHigh } = objective(datumOf({ old: [0], advantage }), [Math.log(ratio)], {
      ...clip,
      kl: 0,
      surrogate: 'cispo',
    });
    expect({ clippedLow, clippedHigh }).toEqual({ clippedLow: Number(clipped === 'low'), clippedHigh: Number(clipped === 'high') });
  });

  test('a sequence ratio is shared by all tokens of the completion, clipped for all of them or for none', () => {
    const options = { ...clip, kl: 0, importance: 'sequence' } as const;
    const datum = datumOf({ old: [-1, -1], advantage: 1 });
    // One token is far above the bound, but the mean log ratio is not.
    const inside = objective(datum, [-0.5, -1.3], options);
    expect(inside.value).toBeCloseTo(2 * Math.exp(0.1), 12);
    expect([...inside.gradient].map((slope) => +slope.toFixed(9))).toEqual(
      [Math.exp(0.1), Math.exp(0.1)].map((slope) => +slope.toFixed(9)),
    );
    const clipped = objective(datum, [0, -1.1], options);
    expect(clipped).toMatchObject({ clippedHigh: 2, value: 2.56 });
    expect([...clipped.gradient]).toEqual([0, 0]);
  });

  test.each([100, -100])('a ratio of %d nats gives finite values and no gradient beyond the bound', (nats) => {
    for (const advantage of [1, -1]) {
      for (const klEstimator of ['k1', 'k2', 'k3'] as const) {
        const datum = datumOf({ old: [-100], advantage, reference: [-100] });
        const result = objective(datum, [-100 + nats], { ...clip, kl: 0.1, klEstimator });
        for (const value of Object.values(result).flatMap((each) => (typeof each === 'number' ? [each] : [...each])))
          expect(Number.isFinite(value)).toBe(true);
        expect(Math.abs(result.gradient[0]!)).toBe(0);
      }
    }
  });

  test('k1 in the loss has no gradient on average over samples of the policy, k3 and k2 have', () => {
    // Two tokens, logits z and 0; the mean over the policy of slope * dlogp/dz.
    const p = 0.3;
    const meanSlope = (klEstimator: KlEstimator): number => {
      const options = { ...clip, kl: 1, klEstimator };
      const slope = (logp: number, reference: number): number =>
        objective(datumOf({ old: [logp], advantage: 0, reference: [reference] }), [logp], options).gradient[0]!;
      return p * slope(Math.log(p), Math.log(0.6)) * (1 - p) + (1 - p) * slope(Math.log(1 - p), Math.log(0.4)) * -p;
    };
    expect(meanSlope('k1')).toBeCloseTo(0, 12);
    // d KL(p || q) / dz = p (1 - p) (log(p / q) - log((1 - p) / (1 - q))); k2 is its exact estimator.
    expect(meanSlope('k2')).toBeCloseTo(-p * (1 - p) * (Math.log(p / 0.6) - Math.log((1 - p) / 0.4)), 6);
    expect(meanSlope('k3')).toBeGreaterThan(0);
  });

  const finite = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
  const token = fc.record({
    old: finite(-4, 0),
    moved: finite(-1, 1),
    advantage: finite(-2, 2),
    weight: finite(0, 1),
    reference: finite(-4, 0),
  });

  test.each(['k1', 'k2', 'k3'] as const)('the gradient equals finite differences, KL estimator %s', (klEstimator) => {
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 5 }), (tokens) => {
        const datum = datumOf({
          old: tokens.map(({ old }) => old),
          advantage: tokens.map(({ advantage }) => advantage),
          weight: tokens.map(({ weight }) => weight),
          reference: tokens.map(({ reference }) => reference),
        });
        const logprobs = tokens.map(({ moved }, t) => datum.logprobs[t]! + moved);
        const options = { ...clip, kl: 0.3, klEstimator };
        const { gradient } = objective(datum, logprobs, options);
        const h = 1e-6;
        for (const [t, logp] of logprobs.entries()) {
          const ratio = Math.exp(logp - datum.logprobs[t]!);
          if (Math.min(Math.abs(ratio - 0.8), Math.abs(ratio - 1.28)) < 1e-4) continue; // A kink has no slope.
          const shifted = (by: number): number => objective(datum, logprobs.with(t, logp + by), options).value;
          expect(gradient[t]).toBeCloseTo((shifted(h) - shifted(-h)) / (2 * h), 6);
        }
      }),
    );
  });

  const variants: [string, Partial<ObjectiveOptions>][] = [
    ['a sequence ratio', { importance: 'sequence' }],
    ['dual clip', { dualClip: 1.5 }],
    ['a sequence ratio with dual clip', { importance: 'sequence', dualClip: 1.5 }],
  ];
  test.each(variants)('the gradient equals finite differences with %s', (_name, changes) => {
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 5 }), finite(-2, 2), (tokens, advantage) => {
        const datum = datumOf({ old: tokens.map(({ old }) => old), advantage, weight: tokens.map(({ weight }) => weight) });
        const logprobs = tokens.map(({ moved }, t) => datum.logprobs[t]! + moved);
        const options = { ...clip, kl: 0, ...changes };
        const logs = logprobs.map((logp, t) => logp - datum.logprobs[t]!);
        const ratios = options.importance === 'sequence' ? [logs.reduce((sum, log) => sum + log, 0) / logs.length] : logs;
        // A kink has no slope.
        fc.pre(ratios.every((log) => [0.8, 1.28, 1.5].every((kink) => Math.abs(Math.exp(log) - kink) > 1e-4)));
        const { gradient } = objective(datum, logprobs, options);
        const h = 1e-6;
        for (const [t, logp] of logprobs.entries()) {
          const shifted = (by: number): number => objective(datum, logprobs.with(t, logp + by), options).value;
          expect(gradient[t]).toBeCloseTo((shifted(h) - shifted(-h)) / (2 * h), 6);
        }
      }),
    );
  });

  test('the value is the formula of Loss, written out', () => {
    fc.assert(
      fc.property(token, ({ old, moved, advantage, weight, reference }) => {
        const datum = datumOf({ old: [old], advantage: [advantage], weight: [weight], reference: [reference] });
        const logp = datum.logprobs[0]! + moved;
        const [A, w, d] = [(datum.advantage as Float32Array)[0]!, (datum.weight as Float32Array)[0]!, datum.reference![0]! - logp];
        const ratio = Math.exp(logp - datum.logprobs[0]!);
        const gain = Math.min(ratio * A, Math.min(Math.max(ratio, 0.8), 1.28) * A) - 0.3 * (Math.exp(d) - d - 1);
        const result = objective(datum, [logp], { ...clip, kl: 0.3 });
        expect(result.value).toBeCloseTo(w * gain, 10);
        expect(result.movedKl).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('refuses arrays of another length, and a missing reference', () => {
    const datum = datumOf({ old: [0, 0], advantage: 1 });
    expect(() => objective(datum, [0], { ...clip, kl: 0 })).toThrow(expect.objectContaining({ code: 'bad-options' }));
    expect(() => objective(datum, [0, 0], { ...clip, kl: 0.1 })).toThrow(/reference has no values/);
  });
});
