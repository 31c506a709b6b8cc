import { describe, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { bool, expectSameAsCpu, f32, i32 } from './against-cpu.ts';

const transposes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

const batches: readonly (readonly [readonly number[], readonly number[], boolean])[] = [
  [[], [], true],
  [[1], [1], true],
  [[3], [3], true],
  [[2, 3], [2, 3], true],
  // tfjs has no gradient through a broadcast batch.
  [[2, 3], [1, 3], false],
  [[4], [1], false],
  [[1], [4], false],
  [[2, 3], [], false],
];

describe('BatchMatMul equals the cpu backend, with its gradients', () => {
  for (const [batchA, batchB, gradient] of batches) {
    test(`batches [${batchA}] and [${batchB}], all transposes`, () =>
      expectSameAsCpu(
        (...inputs) => transposes.map(([a, b]) => tf.matMul(inputs[a ? 1 : 0] as tf.Tensor, inputs[b ? 3 : 2] as tf.Tensor, a, b)),
        [f32([...batchA, 3, 4]), f32([...batchA, 4, 3]), f32([...batchB, 4, 5]), f32([...batchB, 5, 4])],
        { gradient },
      ));
  }
  test('one row, one column, no inner elements', () =>
    expectSameAsCpu(
      (a, b, c, d) => [
        tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
        tf.matMul(b as tf.Tensor2D, a as tf.Tensor2D),
        tf.matMul(c as tf.Tensor2D, d as tf.Tensor2D),
      ],
      [f32([1, 5]), f32([5, 1]), f32([2, 0]), f32([0, 3])],
    ));
  test('int32, all transposes', () =>
    expectSameAsCpu(
      (a, b) => transposes.map(([x, y]) => tf.matMul(a as tf.Tensor, b as tf.Tensor, x, y)),
      [i32([2, 3, 3]), i32([2, 3, 3])],
    ));
  test('dot and outer product', () =>
    expectSameAsCpu(
      (a, b) => [tf.dot(a as tf.Tensor1D, b as tf.Tensor1D), tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D)],
      [f32([4]), f32([4])],
    ));
});

describe('_FusedMatMul equals the cpu backend', () => {
  for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const) {
    test(`${activation}, with bias`, () =>
      expectSameAsCpu(
        (a, b, bias) =>
          tf.fused.matMul({
            a: a as tf.Tensor,
            b: b as tf.Tensor,
            bias: bias as tf.Tensor,
            transposeB: true,
            activation,
            leakyreluAlpha: 0.3,
          }),
        [f32([3, 4]), f32([5, 4]), f32([5])],
        { gradient: false },
      ));
  }
  test('its gradient', () =>
    expectSameAsCpu(
      (a, b, bias) => tf.fused.matMul({ a: a as tf.Tensor, b: b as tf.Tensor, bias: bias as tf.Tensor, activation: 'relu' }),
      [f32([3, 4]), f32([4, 5]), f32([5])],
    ));
});

test('Einsum equals the cpu backend', () =>
  expectSameAsCpu(
    (a, b) => [tf.einsum('bij,bjk->bik', a as tf.Tensor, b as tf.Tensor), tf.einsum('bij->bj', a as tf.Tensor)],
    [f32([2, 3, 4]), f32([2, 4, 3])],
    { gradient: false },
  ));

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const reductions: Record<string, Reduction> = { Sum: tf.sum, Mean: tf.mean, Max: tf.max, Min: tf.min };
const shapes = [[2, 3, 4], [1, 5], [4, 1], [1], []] as const;

describe('reductions equal the cpu backend over every axis, with their gradients', () => {
  for (const [name, reduce] of Object.entries(reductions)) {
    for (const shape of shapes) {
      const axes: (number | number[] | undefined)[] = [
        undefined,
        ...shape.map((_, axis) => axis),
        ...shape.map((_, axis) => axis - shape.length),
      ];
      if (shape.length === 3) axes.push([0, 2], [2, 1], [-1, 0]);
      test(`${name} of [${shape}]`, () =>
        expectSameAsCpu(
          (x) => axes.flatMap((axis) => [reduce(x as tf.Tensor, axis), reduce(x as tf.Tensor, axis, true)]),
          [f32(shape, 'distinct')],
        ));
    }
  }
  test('Prod', () =>
    expectSameAsCpu((x) => [tf.prod(x as tf.Tensor), tf.prod(x as tf.Tensor, -1, true)], [f32([3, 4])], { gradient: false }));
  test('int32 and bool', () =>
    expectSameAsCpu(
      (x, b) => [
        tf.sum(x as tf.Tensor, 0),
        tf.mean(x as tf.Tensor, 1),
        tf.max(x as tf.Tensor, 1),
        tf.min(x as tf.Tensor),
        tf.prod(x as tf.Tensor, 1),
        tf.sum(b as tf.Tensor),
        tf.mean(b as tf.Tensor, 0),
        tf.all(b as tf.Tensor, 1),
        tf.any(b as tf.Tensor, 0),
      ],
      [i32([3, 4], 5, -5), bool([4, 3])],
    ));
  test('over no elements', () =>
    expectSameAsCpu(
      (x) => [
        tf.sum(x as tf.Tensor),
        tf.sum(x as tf.Tensor, 0),
        tf.sum(x as tf.Tensor, 1, true),
        tf.max(x as tf.Tensor, 0),
        tf.min(x as tf.Tensor, 0),
        tf.prod(x as tf.Tensor, 0),
        tf.mean(x as tf.Tensor, 0),
      ],
      [f32([0, 3])],
      { gradient: false },
    ));
  test('norms, logSumExp, moments and their gradients', () =>
    expectSameAsCpu(
      (x) => [tf.norm(x as tf.Tensor, 2, -1), tf.logSumExp(x as tf.Tensor, 1), tf.moments(x as tf.Tensor, -1).variance],
      [f32([2, 3, 4])],
    ));
});

describe('along one axis', () => {
  test('ArgMax and ArgMin take the first of equal elements', () =>
    expectSameAsCpu(
      (x, y) => [x, y].flatMap((z) => [tf.argMax(z as tf.Tensor, 0), tf.argMax(z as tf.Tensor, -1), tf.argMin(z as tf.Tensor, 1)]),
      [f32([3, 4], { integersBelow: 3 }), i32([2, 5, 3], 3)],
      { gradient: false },
    ));
  test('Cumsum, forwards, backwards and exclusive', () =>
    expectSameAsCpu(
      (x, i) => [
        tf.cumsum(x as tf.Tensor, 0),
        tf.cumsum(x as tf.Tensor, 1, true),
        tf.cumsum(x as tf.Tensor, 1, true, true),
        tf.cumsum(i as tf.Tensor, 0),
      ],
      [f32([2, 3, 4]), i32([5])],
      { gradient: false },
    ));
  // tfjs's own gradient is wrong along other axes than the last.
  test('the gradient of Cumsum', () =>
    expectSameAsCpu((x) => [tf.cumsum(x as tf.Tensor, 2), tf.cumsum(x as tf.Tensor, 2, true, true)], [f32([2, 3, 4])]));
  test('Softmax and LogSoftmax', () =>
    expectSameAsCpu((x) => [tf.softmax(x as tf.Tensor), tf.logSoftmax(x as tf.Tensor)], [f32([2, 3, 5])]));
  test('TopK', () =>
    expectSameAsCpu(
      (x) => {
        const { values, indices } = tf.topk(x as tf.Tensor, 3);
        return [values, indices];
      },
      [f32([4, 6], 'distinct')],
      { gradient: false },
    ));
});
