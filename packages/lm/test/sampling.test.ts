import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleToken } from '../src/sampling.ts';

describe('sampleToken', () => {
  const logits = Float32Array.of(9, 9, Math.log(1), Math.log(2), Math.log(5), 9);

  test('splits the unit interval by probability', () => {
    const draw = (uniform: number): number => sampleToken(logits, 2, 3, { temperature: 1, uniform }).token;
    expect([0, 0.124, 0.126, 0.374, 0.376, 0.999999].map(draw)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test('reports the log-probability of the tempered distribution', () => {
    expect(sampleToken(logits, 2, 3, { temperature: 1, uniform: 0.3 }).logprob).toBeCloseTo(Math.log(2 / 8), 6);
    expect(sampleToken(logits, 2, 3, { temperature: 0.5, uniform: 0.1 }).logprob).toBeCloseTo(Math.log(4 / 30), 6);
  });

  test('temperature 0 takes the first largest logit and reports the plain log-probability', () => {
    const drawn = sampleToken(Float32Array.of(1, 3, 3), 0, 3, { temperature: 0, uniform: 0.99 });
    expect(drawn.token).toBe(1);
    expect(drawn.logprob).toBeCloseTo(3 - Math.log(Math.exp(1) + 2 * Math.exp(3)), 6);
  });

  test('never draws a token without probability, and never a positive log-probability', () => {
    const entry = fc.oneof(fc.float({ min: -50, max: 50, noNaN: true }), fc.constant(-Infinity));
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (values, uniform) => {
          fc.pre(values.some(Number.isFinite));
          const drawn = sampleToken(Float32Array.from(values), 0, values.length, { temperature: 0.5, uniform });
          expect(Number.isFinite(drawn.logprob)).toBe(true);
          expect(drawn.logprob).toBeLessThanOrEqual(1e-9);
          expect(Number.isFinite(values[drawn.token]!)).toBe(true);
        },
      ),
    );
  });
});
