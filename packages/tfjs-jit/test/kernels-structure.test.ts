import { describe, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { fill } from '@tensorflow/tfjs';
import { bool, expectSameAsCpu, f32, i32 } from './against-cpu.ts';

describe('shape kernels equal the cpu backend, with their gradients', () => {
  test('Reshape and ExpandDims, to and from scalars', () =>
    expectSameAsCpu(
      (x, s, b) => [
        tf.reshape(x as tf.Tensor, [-1, 2]),
        tf.reshape(x as tf.Tensor, [2, 3, 2]),
        tf.expandDims(x as tf.Tensor, -1),
        tf.expandDims(x as tf.Tensor, 0),
        tf.expandDims(s as tf.Tensor),
        tf.squeeze(tf.expandDims(s as tf.Tensor)),
        tf.reshape(b as tf.Tensor, [4]),
      ],
      [f32([2, 3, 2]), f32([]), bool([2, 2])],
    ));
  test('Transpose, with axes of size 1', () =>
    expectSameAsCpu(
      (x, y) => [
        tf.transpose(x as tf.Tensor),
        tf.transpose(x as tf.Tensor, [1, 0, 2]),
        tf.transpose(x as tf.Tensor, [2, 0, 1]),
        tf.transpose(y as tf.Tensor, [1, 2, 0, 3]),
        tf.transpose(y as tf.Tensor, [0, 3, 2, 1]),
      ],
      [f32([2, 3, 4]), f32([1, 3, 1, 2])],
    ));
  test('Tile and BroadcastTo', () =>
    expectSameAsCpu(
      (x, y, b) => [
        tf.tile(x as tf.Tensor, [2, 3]),
        tf.tile(y as tf.Tensor, [1, 4]),
        tf.broadcastTo(y as tf.Tensor, [3, 4]),
        tf.broadcastTo(x as tf.Tensor, [2, 2, 3]),
        tf.tile(b as tf.Tensor, [2, 2]),
      ],
      [f32([2, 3]), f32([3, 1]), bool([2, 2])],
    ));
  test('a broadcast goes on through further operations', () =>
    expectSameAsCpu(
      (x, y, i) => {
        const wide = tf.broadcastTo(x as tf.Tensor, [4, 3, 2]);
        return [
          tf.add(tf.exp(wide), y as tf.Tensor),
          tf.mul(wide, wide),
          tf.reshape(wide, [12, 2]),
          tf.sum(wide, 0),
          tf.where(tf.greater(i as tf.Tensor, 0), wide, tf.zerosLike(wide)),
        ];
      },
      [f32([3, 1]), f32([2]), i32([2], 2)],
    ));
  test('Reverse', () =>
    expectSameAsCpu(
      (x) => [tf.reverse(x as tf.Tensor), tf.reverse(x as tf.Tensor, 1), tf.reverse(x as tf.Tensor, [0, -1])],
      [f32([2, 3, 4])],
    ));
});

describe('slices and joins equal the cpu backend, with their gradients', () => {
  test('Slice, also without elements', () =>
    expectSameAsCpu(
      (x) => [
        tf.slice(x as tf.Tensor, [1, 0, 2], [1, 3, 2]),
        tf.slice(x as tf.Tensor, [0, 1], [-1, 1]),
        tf.slice(x as tf.Tensor, 1),
        tf.slice(x as tf.Tensor, [0, 0, 0], [2, 0, 1]),
      ],
      [f32([2, 3, 4])],
    ));
  test('StridedSlice, with steps, backwards, masks and new axes', () =>
    expectSameAsCpu(
      (x) => {
        const t = x as tf.Tensor;
        return [
          tf.stridedSlice(t, [0, 1], [4, 5], [2, 2]),
          tf.stridedSlice(t, [3, 4], [0, 0], [-1, -2]),
          tf.stridedSlice(t, [-1, 0], [0, 5], [-1, 1], 0, 1),
          tf.stridedSlice(t, [1, 2], [2, 4], [1, 1], 0, 0, 0, 0, 1),
          tf.stridedSlice(t, [0, 1, 0], [1, 2, 3], [1, 1, 1], 0, 0, 0, 1),
          tf.stridedSlice(t, [2, 0], [2, 5], [1, 1]),
        ];
      },
      [f32([4, 5])],
      { gradient: false },
    ));
  test('Concat and SplitV, parts without elements included', () =>
    expectSameAsCpu(
      (a, b, e) => [
        tf.concat([a, b] as tf.Tensor[], -1),
        tf.concat([a, e, a] as tf.Tensor[], 0),
        ...tf.split(b as tf.Tensor, [1, 3, 1], 1),
        ...tf.split(a as tf.Tensor, 2, 0),
      ],
      [f32([2, 3]), f32([2, 5]), f32([0, 3])],
    ));
  test('Pack and Unpack', () =>
    expectSameAsCpu(
      (a, b) => [
        tf.stack([a, b] as tf.Tensor[]),
        tf.stack([a, b] as tf.Tensor[], -1),
        ...tf.unstack(a as tf.Tensor),
        ...tf.unstack(b as tf.Tensor, -1),
      ],
      [f32([2, 3]), f32([2, 3])],
    ));
  test('PadV2', () =>
    expectSameAsCpu(
      (x, i, e) => [
        tf.pad(
          x as tf.Tensor,
          [
            [1, 2],
            [0, 1],
          ],
          -1.5,
        ),
        tf.pad(i as tf.Tensor, [[0, 3]], 7),
        tf.pad(
          e as tf.Tensor,
          [
            [1, 1],
            [0, 0],
          ],
          2,
        ),
      ],
      [f32([2, 3]), i32([4]), f32([0, 2])],
      { gradient: false },
    ));
  test('the gradient of PadV2', () =>
    expectSameAsCpu(
      (x) =>
        tf.pad(x as tf.Tensor, [
          [1, 2],
          [0, 1],
        ]),
      [f32([2, 3])],
    ));
});

describe('kernels with indices equal the cpu backend, with their gradients', () => {
  for (const axis of [0, 1, -1]) {
    test(`GatherV2 on axis ${axis}, indices repeated`, () =>
      expectSameAsCpu(
        (x, i, j) => [tf.gather(x as tf.Tensor, i as tf.Tensor1D, axis), tf.gather(x as tf.Tensor, j as tf.Tensor, axis)],
        [f32([4, 3, 5]), i32([7], 3), i32([2, 3], 3)],
      ));
  }
  test('GatherV2 by a scalar, of bool and int32', () =>
    expectSameAsCpu(
      (x, s, b, i) => [
        tf.gather(x as tf.Tensor, s as tf.Tensor),
        tf.gather(b as tf.Tensor, i as tf.Tensor1D),
        tf.gather(i as tf.Tensor, s as tf.Tensor),
      ],
      [f32([4, 3]), i32([], 3), bool([3, 2]), i32([5], 3)],
      { gradient: false },
    ));
  test('GatherV2 with a batch dimension', () =>
    expectSameAsCpu(
      (x, i) => [tf.gather(x as tf.Tensor, i as tf.Tensor, 1, 1), tf.gather(x as tf.Tensor, i as tf.Tensor, 2, 1)],
      [f32([2, 4, 3]), i32([2, 5], 3)],
      { gradient: false },
    ));
  test('the gradient of GatherV2 with a batch dimension', () =>
    expectSameAsCpu((x, i) => tf.gather(x as tf.Tensor, i as tf.Tensor, 1, 1), [f32([2, 4, 3]), i32([2, 5], 3)]));
  test('GatherNd', () =>
    expectSameAsCpu(
      (x, i, j) => [tf.gatherND(x as tf.Tensor, i as tf.Tensor), tf.gatherND(x as tf.Tensor, j as tf.Tensor)],
      [f32([3, 4, 2]), i32([5, 2], 3), i32([2, 2, 1], 3)],
      { gradient: false },
    ));
  test('OneHot: an index out of range, negative ones included, gives a row of offValue', () =>
    expectSameAsCpu(
      (i) => [
        tf.oneHot(i as tf.Tensor1D, 4),
        tf.oneHot(i as tf.Tensor1D, 3, 2.5, -1),
        tf.oneHot(i as tf.Tensor1D, 5, 1, 0, 'int32'),
        tf.oneHot(i as tf.Tensor1D, 4, 1, 0, 'bool'),
      ],
      [i32([12], 7, -3)],
    ));
  test('UnsortedSegmentSum adds rows of equal id and drops ids out of range', () =>
    expectSameAsCpu(
      (x, i, v) => [tf.unsortedSegmentSum(x as tf.Tensor, i as tf.Tensor1D, 4), tf.unsortedSegmentSum(v as tf.Tensor, i as tf.Tensor1D, 3)],
      [f32([9, 2, 3]), i32([9], 6, -2), f32([9])],
      { gradient: false },
    ));
  test('the gradient of UnsortedSegmentSum', () =>
    expectSameAsCpu((x, i) => tf.unsortedSegmentSum(x as tf.Tensor, i as tf.Tensor1D, 4), [f32([9, 2]), i32([9], 4)]));
  test('ScatterNd adds at equal indices', () =>
    expectSameAsCpu(
      (i, x, j, y) => [tf.scatterND(i as tf.Tensor, x as tf.Tensor, [4, 3]), tf.scatterND(j as tf.Tensor, y as tf.Tensor, [3, 2, 5])],
      [i32([6, 1], 4), f32([6, 3]), i32([7, 2], 2), f32([7, 5])],
      { gradient: false },
    ));
  test('TensorScatterUpdate', () =>
    expectSameAsCpu(
      (x, y) => tf.tensorScatterUpdate(x as tf.Tensor, tf.tensor2d([[3], [1]], [2, 1], 'int32'), y as tf.Tensor),
      [f32([4, 3]), f32([2, 3])],
      { gradient: false },
    ));
});

describe('kernels that create tensors equal the cpu backend', () => {
  test('Fill, zeros, ones, eye', () =>
    expectSameAsCpu(
      (x) => [
        fill([2, 3], 1.5),
        fill([], 3, 'int32'),
        tf.zeros([0, 2]),
        tf.ones([9], 'bool'),
        tf.zeros([3, 4], 'int32'),
        tf.add(tf.eye(3), x as tf.Tensor),
      ],
      [f32([])],
    ));
  test('Range up, down, by fractions, empty', () =>
    expectSameAsCpu(
      () => [
        tf.range(0, 5),
        tf.range(3, 40, 4, 'int32'),
        tf.range(5, 0),
        tf.range(1, 0, -0.25),
        tf.range(0, 1, 0.1),
        tf.range(4, 4),
        tf.range(0, 3, -1),
        tf.range(-2, 3, 1, 'int32'),
      ],
      [],
    ));
  test('LinSpace', () => expectSameAsCpu(() => [tf.linspace(0, 1, 7), tf.linspace(3, -3, 2), tf.linspace(5, 9, 1)], []));
  test('ZerosLike and OnesLike of every type', () =>
    expectSameAsCpu((...inputs) => inputs.flatMap((x) => [tf.zerosLike(x), tf.onesLike(x)]), [f32([2, 3]), i32([4]), bool([2])], {
      gradient: false,
    }));
});
