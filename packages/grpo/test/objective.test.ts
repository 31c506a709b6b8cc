import { describe, expect, test } from '@jest/globals';
import type { Datum } from '@memtrain/policy';
import fc from 'fast-check';
import { objective, type KlEstimator } from '../src/index.ts';

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
    expect(result.clipped).toBe(clipped ? 1 : 0);
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
