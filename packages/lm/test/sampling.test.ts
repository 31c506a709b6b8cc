import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawToken, probabilitiesOf, type DrawOptions } from '../src/sampling.ts';

const plain: DrawOptions = { greedy: false, topK: 0, topP: 1, uniform: 0 };

describe('drawToken', () => {
  const probabilities = Float32Array.of(9, 9, 1 / 8, 2 / 8, 5 / 8, 9);
  const draw = (options: Partial<DrawOptions>): { token: number; logprob: number } =>
    drawToken(probabilities, 2, 3, { ...plain, ...options });

  test('splits the unit interval by probability', () => {
    expect([0, 0.124, 0.126, 0.374, 0.376, 0.999999].map((uniform) => draw({ uniform }).token)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(draw({ uniform: 0.3 }).logprob).toBeCloseTo(Math.log(2 / 8), 6);
  });

  test('greedy takes the first of the likeliest', () => {
    const drawn = drawToken(Float32Array.of(0.2, 0.4, 0.4), 0, 3, { ...plain, greedy: true, uniform: 0.99 });
    expect(drawn.token).toBe(1);
    expect(drawn.logprob).toBeCloseTo(Math.log(0.4), 6);
  });

  test('topK and topP leave the likeliest and renormalise them', () => {
    expect(draw({ topK: 1, uniform: 0.99 })).toEqual({ token: 2, logprob: 0 });
    expect(draw({ topK: 2, uniform: 0.99 }).token).toBe(1);
    expect(draw({ topK: 2, uniform: 0.99 }).logprob).toBeCloseTo(Math.log(2 / 7), 6);
    expect(draw({ topP: 0.6, uniform: 0.99 })).toEqual({ token: 2, logprob: 0 });
    expect(draw({ topP: 0.7, uniform: 0.99 }).token).toBe(1);
    // 5/7 of what topK left is above 0.7.
    expect(draw({ topK: 2, topP: 0.7, uniform: 0.99 }).token).toBe(2);
  });

  test('what is drawn is among the likeliest, possible, and has the probability it reports', () => {
    const entry = fc.oneof(fc.float({ min: -30, max: 30, noNaN: true }), fc.constant(-Infinity));
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 30 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(8),
        fc.constantFrom(1, 0.99, 0.5, 0.01),
        (values, uniform, topK, topP) => {
          fc.pre(values.some(Number.isFinite));
          const p = probabilitiesOf(Float32Array.from(values), 0, values.length, 0.5);
          const drawn = drawToken(p, 0, p.length, { greedy: false, topK, topP, uniform });
          const order = [...p.keys()].sort((a, b) => p[b]! - p[a]! || a - b);
          const first = topK > 0 ? order.slice(0, topK) : order;
          const whole = topK > 0 ? first.reduce((sum, i) => sum + p[i]!, 0) : 1;
          const allowed: number[] = [];
          let sum = 0;
          for (const i of first) {
            if (allowed.length > 0 && sum >= topP * whole * (1 + 1e-6)) break;
            allowed.push(i);
            sum += p[i]!;
          }
          expect(allowed).toContain(drawn.token);
          expect(p[drawn.token]).toBeGreaterThan(0);
          expect(drawn.logprob).toBeLessThanOrEqual(0);
          expect(drawn.logprob).toBeGreaterThanOrEqual(Math.log(p[drawn.token]!) - 1e-5);
        },
      ),
    );
  });
});
