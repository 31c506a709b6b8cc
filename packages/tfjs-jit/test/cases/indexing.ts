import * as tf from '@tensorflow/tfjs';
import { bool, f32, i32 } from '../random-inputs.ts';
import type { InputSpec } from '../random-inputs.ts';
import type { Choose, KernelCases } from './kernel-case.ts';

/** Distinct rows of indices into the first axes of `shape`: as many as there are, or fewer. */
function distinctIndices(choose: Choose, shape: readonly number[]): number[][] {
  const all = shape.reduce<number[][]>((rows, size) => rows.flatMap((row) => Array.from({ length: size }, (_, at) => [...row, at])), [[]]);
  const kept = all.filter(() => choose.integer(0, 2) > 0);
  return kept.length > 0 ? kept.toReversed() : all.slice(0, 1);
}

const indexTensor = (rows: readonly (readonly number[])[]): tf.Tensor2D =>
  tf.tensor2d(
    rows.map((row) => [...row]),
    undefined,
    'int32',
  );

function segments(choose: Choose): { data: InputSpec; indices: InputSpec; ids: number[] } {
  const shape = [choose.integer(1, 4), ...choose.filled(choose.integer(0, 2))];
  const steps = Array.from({ length: choose.integer(1, 5) }, () => choose.integer(0, 2));
  let id = 0;
  const ids = steps.map((step) => (id += step));
  return { data: choose.of([f32(shape), i32(shape, 9, -9)]), indices: i32([ids.length], shape[0]), ids };
}

export const indexingCases: KernelCases = {
  GatherV2: (choose) => {
    const shape = choose.filled(choose.integer(1, 4));
    const axis = choose.axis(shape.length);
    const size = shape.at(axis) ?? 1;
    const at = axis < 0 ? axis + shape.length : axis;
    const batchDims = choose.flag() ? choose.integer(0, at) : 0;
    const indices = [...shape.slice(0, batchDims), ...choose.of([[3], [2, 2], [0], ...(batchDims === 0 ? [[]] : [])])];
    const input = choose.of([f32(shape), f32(shape), i32(shape), bool(shape)]);
    return { inputs: [input, i32(indices, size)], fn: (x, i) => tf.gather(x, i, axis, batchDims) };
  },
  GatherNd: (choose) => {
    const shape = choose.filled(choose.integer(1, 3));
    const depth = choose.integer(1, shape.length);
    const below = Math.min(...shape.slice(0, depth));
    return { inputs: [f32(shape), i32([...choose.shape(choose.integer(0, 2)), depth], below)], fn: (x, i) => tf.gatherND(x, i) };
  },
  // An index outside [0, depth) gives a row of offValue.
  OneHot: (choose) => {
    const [depth, on, off] = [choose.integer(2, 5), choose.of([1, 2.5]), choose.of([0, -1])];
    const dtype = choose.of(['float32', 'int32', 'bool'] as const);
    const whole = dtype !== 'float32';
    return {
      inputs: [i32(choose.shape(choose.integer(0, 3)), 7, -3)],
      fn: (i) => tf.oneHot(i, depth, whole ? 1 : on, whole ? 0 : off, dtype),
    };
  },
  UnsortedSegmentSum: (choose) => {
    const shape = [choose.integer(1, 6), ...choose.filled(choose.integer(0, 2))];
    const count = choose.integer(1, 4);
    // The gradient of tfjs's cpu backend reads a dropped row's id.
    const [from, below] = choose.flag() ? [0, count] : [-1, count + 2];
    const exact = from === 0;
    return {
      inputs: [f32(shape), i32([shape[0] ?? 1], below, from)],
      fn: (x, ids) => tf.unsortedSegmentSum(x, ids, count),
      ...(!exact && { gradient: false }),
    };
  },
  ScatterNd: (choose) => {
    const shape = choose.filled(choose.integer(1, 3));
    const depth = choose.integer(1, shape.length);
    const below = Math.min(...shape.slice(0, depth));
    const count = choose.integer(1, 6);
    return {
      inputs: [i32([count, depth], below), choose.of([f32([count, ...shape.slice(depth)]), i32([count, ...shape.slice(depth)])])],
      fn: (indices, updates) => tf.scatterND(indices, updates, shape),
    };
  },
  TensorScatterUpdate: (choose) => {
    const shape = choose.filled(choose.integer(1, 3));
    const depth = choose.integer(1, shape.length);
    const rows = distinctIndices(choose, shape.slice(0, depth));
    const kind = choose.of([f32, (of: readonly number[]) => i32(of)]);
    return {
      inputs: [kind(shape), kind([rows.length, ...shape.slice(depth)])],
      fn: (x, updates) => tf.tensorScatterUpdate(x, indexTensor(rows), updates),
    };
  },
  SparseToDense: (choose) => {
    const shape = choose.filled(choose.integer(1, 3));
    const rows = distinctIndices(choose, shape);
    const [kind, fill] = choose.of([
      [f32, f32([])] as const,
      [(of: readonly number[]) => i32(of), i32([])] as const,
      [bool, bool([])] as const,
    ]);
    const values = choose.flag() ? kind([rows.length]) : kind([]);
    return { inputs: [values, fill], fn: (updates, other) => tf.sparseToDense(indexTensor(rows), updates, shape, other) };
  },
  SparseReshape: (choose) => {
    const shape = choose.filled(choose.integer(1, 3));
    const rows = distinctIndices(choose, shape);
    const size = tf.util.sizeFromShape(shape);
    const to = choose.of([[size], [-1, 1], shape.toReversed(), [shape[0] ?? 1, -1]]);
    return {
      inputs: [i32([rows.length, shape.length], Math.min(...shape))],
      fn: (indices) => {
        const { outputIndices, outputShape } = tf.sparse.sparseReshape(
          indices,
          tf.tensor1d(shape, 'int32'),
          tf.tensor1d(to, 'int32'),
        ) as Record<string, tf.Tensor>;
        return [outputIndices as tf.Tensor, outputShape as tf.Tensor];
      },
    };
  },
  SparseSegmentSum: (choose) => {
    const { data, indices, ids } = segments(choose);
    return { inputs: [data, indices], fn: (x, i) => tf.sparse.sparseSegmentSum(x, i, tf.tensor1d(ids, 'int32')) };
  },
  SparseSegmentMean: (choose) => {
    const { data, indices, ids } = segments(choose);
    return { inputs: [data, indices], fn: (x, i) => tf.sparse.sparseSegmentMean(x, i, tf.tensor1d(ids, 'int32')) };
  },
  BroadcastArgs: (choose) => {
    const [a, b] = choose.broadcast().map((shape) => (shape.length > 0 ? shape : [1]));
    return { inputs: [], fn: () => tf.broadcastArgs(tf.tensor1d(a as number[], 'int32'), tf.tensor1d(b as number[], 'int32')) };
  },
  Bincount: (choose) => {
    const length = choose.integer(0, 9);
    const size = choose.integer(0, 5);
    const weights = choose.of([f32([length]), i32([length]), f32([0])]);
    return { inputs: [i32([length], 6), weights], fn: (x, w) => tf.bincount(x, w, size) };
  },
  DenseBincount: (choose) => {
    const shape = choose.shape(choose.integer(1, 2));
    const [size, binary] = [choose.integer(0, 5), choose.flag()];
    const weights = choose.of([f32(shape), i32(shape), f32([0])]);
    return { inputs: [i32(shape, 6), weights], fn: (x, w) => tf.denseBincount(x, w, size, binary) };
  },
  SearchSorted: (choose) => {
    const [batch, length, count] = [choose.integer(1, 3), choose.integer(1, 5), choose.integer(1, 5)];
    const side = choose.of(['left', 'right'] as const);
    const kind = choose.of([(shape: number[]) => i32(shape, 6), (shape: number[]) => f32(shape, { integersBelow: 6 })]);
    return {
      inputs: [kind([batch, length]), kind([batch, count])],
      fn: (steps, values) => tf.searchSorted(tf.cumsum(steps, 1), values, side),
    };
  },
};
