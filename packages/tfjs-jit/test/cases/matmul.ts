import * as tf from '@tensorflow/tfjs';
import { f32, i32 } from '../random-inputs.ts';
import type { KernelCases } from './kernel-case.ts';

export const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;

export const matmulCases: KernelCases = {
  BatchMatMul: (choose) => {
    const [transposeA, transposeB] = [choose.flag(), choose.flag()];
    const [rows, inner, columns] = [choose.size(), choose.size(), choose.size()];
    // tfjs has no gradient through a broadcast batch, and no result for an empty one.
    const [any, batch] = [choose.shape(choose.integer(0, 2)), choose.filled(choose.integer(0, 2))];
    const [batchA, batchB] = choose.of([
      [any, any],
      [batch, batch],
      [batch, batch.map(() => 1)],
      [batch.map(() => 1), batch],
      [batch, []],
    ]);
    const a = [...(batchA as number[]), ...(transposeA ? [inner, rows] : [rows, inner])];
    const b = [...(batchB as number[]), ...(transposeB ? [columns, inner] : [inner, columns])];
    const inputs = choose.of([
      [f32(a), f32(b)],
      [f32(a), f32(b)],
      [i32(a), i32(b)],
    ]);
    return { inputs, fn: (x, y) => tf.matMul(x, y, transposeA, transposeB) };
  },
  _FusedMatMul: (choose) => {
    const [rows, inner, columns] = [choose.integer(1, 4), choose.integer(1, 4), choose.integer(1, 4)];
    const activation = choose.of(activations);
    const shape = choose.of([[columns], [1]]);
    return {
      inputs: [f32([rows, inner]), f32([columns, inner]), f32(shape), f32([columns], 'positive')],
      fn: (a, b, bias, slope) =>
        tf.fused.matMul({
          a,
          b,
          bias,
          transposeB: true,
          activation,
          leakyreluAlpha: 0.3,
          ...(activation === 'prelu' && { preluActivationWeights: slope }),
        }),
      // Under a gradient, tfjs does not fuse.
      gradient: false,
    };
  },
  Einsum: (choose) => {
    const [b, i, j, k] = [choose.integer(1, 3), choose.integer(1, 3), choose.integer(1, 3), choose.integer(1, 3)];
    // Where a letter is in one term and not in the result, tfjs returns a wrong shape.
    const equation = choose.of(['bij,bjk->bik', 'bij,bjk->ki']);
    return { inputs: [f32([b, i, j]), f32([b, j, k])], fn: (x, y) => tf.einsum(equation, x, y) };
  },
};
