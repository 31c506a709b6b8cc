import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { adamWStep, globalNorm, type AdamState } from '../src/adamw.ts';

function stateOf(parameters: readonly number[]): AdamState {
  const size = parameters.length;
  return { parameters: Float32Array.from(parameters), first: new Float32Array(size), second: new Float32Array(size) };
}

test('three clipped steps are those of torch.optim.AdamW after torch.nn.utils.clip_grad_norm_, in the arrays that were given', () => {
  const state = stateOf([0.5, -1.25, 2, 0, 1e-3]);
  const { parameters, first, second } = state;
  const options = { learningRate: 0.05, beta1: 0.8, beta2: 0.9, epsilon: 1e-4, weightDecay: 0.3, clipNorm: 2 };
  const gradients = [
    [3, -4, 0, 12, 1e-3],
    [0.1, 0.2, -0.3, 0, 0],
    [-20, 5, 1, -2, 7],
  ];
  const expected = [
    [0.44251084, -1.1812582, 1.97, -0.049997292, -0.029318029],
    [0.39588264, -1.145407, 1.9787215, -0.08153294, -0.045483727],
    [0.41604722, -1.1383562, 1.9658035, -0.10046422, -0.078531742],
  ];
  for (const [i, values] of gradients.entries()) {
    const gradient = Float32Array.from(values);
    const gradientNorm = globalNorm(gradient);
    expect(gradientNorm).toBeCloseTo(Math.hypot(...values), 5);
    adamWStep(state, gradient, { ...options, step: i + 1, gradientNorm });
    // torch divides by the norm + 1e-6.
    for (const [j, value] of expected[i]!.entries()) expect(Math.abs(parameters[j]! - value)).toBeLessThan(2e-6);
  }
  expect([state.parameters, state.first, state.second]).toEqual([parameters, first, second]);
});

test('a gradient of any size counts as one of the norm it is clipped to; a smaller one is left as it is; decay does not depend on it', () => {
  const values = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(values, fc.double({ min: 1.5, max: 100, noNaN: true }), (direction, factor) => {
      fc.pre(Math.hypot(...direction) > 0.1);
      const after = (scale: number, clipNorm?: number): number[] => {
        const state = stateOf(direction.map((value) => value * 0.7));
        const gradient = Float32Array.from(direction, (value) => value * scale);
        const gradientNorm = globalNorm(gradient);
        adamWStep(state, gradient, {
          learningRate: 0.01,
          weightDecay: 0.1,
          step: 1,
          gradientNorm,
          ...(clipNorm !== undefined && { clipNorm }),
        });
        return [...state.first, ...state.parameters];
      };
      const norm = Math.hypot(...direction);
      const close = (a: number[], b: number[]): void => {
        for (const [i, value] of a.entries()) expect(Math.abs(value - b[i]!)).toBeLessThan(1e-5);
      };
      close(after(factor, norm), after(1));
      close(after(1, norm * factor), after(1));
    }),
  );
  const still = stateOf([2, -4]);
  adamWStep(still, new Float32Array(2), { learningRate: 0.1, weightDecay: 0.5, step: 1, gradientNorm: 0, clipNorm: 1 });
  expect([...still.parameters]).toEqual([Math.fround(2 * 0.95), Math.fround(-4 * 0.95)]);
});
