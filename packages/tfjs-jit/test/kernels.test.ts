import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import { compile } from '@memtrain/tfjs-jit';
import type { TensorFunction } from '@memtrain/tfjs-jit';
import { kernelTables } from '../src/kernels/tables.ts';
import { agreesWithCpu } from './against-cpu.ts';
import { kernelCases } from './cases/all.ts';
import { chooser } from './cases/kernel-case.ts';

const implemented = kernelTables.flatMap((table) => Object.keys(table)).toSorted();
const onCpu = (name: string): boolean => tf.getKernel(name, 'cpu') != null;

/** tfjs registers a gradient, but an input that has one is never float32. */
const ofIntegers = ['OneHot'];

// Kernels are registered by the first trace.
beforeAll(async () => (await compile((x) => x!, [{ shape: [1], dtype: 'float32' }])).dispose());

test('every implemented kernel of the cpu backend has a case, and no other has', () => {
  expect(Object.keys(kernelCases).toSorted()).toEqual(implemented.filter(onCpu));
});

describe('equal to the cpu backend on random shapes, forwards and backwards', () => {
  for (const [name, caseOf] of Object.entries(kernelCases)) {
    test(name, async () => {
      const kernel = jest.spyOn(tf.getKernel(name, 'tfjs-jit'), 'kernelFunc');
      const differentiable = tf.getGradient(name) != null && !ofIntegers.includes(name);
      let [cases, gradients] = [0, 0];
      await fc.assert(
        fc.asyncProperty(fc.gen(), fc.nat(1e6), async (draw, seed) => {
          // Eight cases; more only until one has a gradient.
          if (++cases > 8 && (gradients > 0 || !differentiable)) return;
          const { fn, inputs, gradient } = caseOf(chooser(draw));
          gradients += Number(await agreesWithCpu(fn as TensorFunction, inputs, { gradient: gradient !== false, seed }));
        }),
        { numRuns: 64, endOnFailure: true },
      );
      expect(kernel).toHaveBeenCalled();
      if (differentiable) expect(gradients).toBeGreaterThan(0);
      kernel.mockRestore();
    });
  }
});
