import { backend_util as backendUtil } from '@tensorflow/tfjs';
import type { SparseToDenseAttrs, TensorInfo } from '@tensorflow/tfjs';
import { TfjsJitError } from '../errors.ts';
import { addInitializer, cast, expand, isEmpty, reshape, uniform } from '../onnx-graph.ts';
import { sizeOf } from '../tensor-spec.ts';
import { arithmetic, floating, numeric } from './elementwise.ts';
import { gather, scatterSet, segmentSum } from './indexing.ts';
import type { Kernel, KernelTable } from './kernel.ts';

/** The number of rows is one more than the last segment id: the ids must be constants. */
function segmentReduction(mean: boolean): Kernel {
  return ({ graph, name, input, constant }) => {
    const data = input('data');
    const ids = constant('segmentIds');
    const sorted = ids.every((id, index) => id >= (ids[index - 1] ?? 0));
    if (!sorted) throw new TfjsJitError('bad-function', `kernel ${name}: segment ids must not be negative and must not decrease`);
    const rows = (ids.at(-1) ?? -1) + 1;
    const rest = data.shape.slice(1);
    const shape = [rows, ...rest];
    if (ids.length === 0 || isEmpty(data)) return uniform(graph, shape, 0, data.type);
    const picked = gather(graph, mean ? floating(graph, data) : numeric(graph, data), input('indices'), 0);
    const summed = segmentSum(graph, rows, input('segmentIds'), reshape(graph, picked, [ids.length, sizeOf(rest)]));
    if (!mean) return cast(graph, reshape(graph, summed, shape), data.type);
    const counts = new Float32Array(rows);
    for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
    const divisors = addInitializer(
      graph,
      counts.map((count) => Math.max(1, count)),
      { shape: [rows, 1], type: 'float32' },
    );
    return cast(graph, reshape(graph, arithmetic(graph).binary('Div', summed, divisors), shape), data.type);
  };
}

/** What cannot be found out while tracing must be constant; tfjs's own checks of it are made then. */
export const sparseKernels: KernelTable = {
  SparseSegmentSum: segmentReduction(false),
  SparseSegmentMean: segmentReduction(true),

  // With equal indices, any one of the values stays.
  SparseToDense: ({ graph, input, attributes }) => {
    const [indices, values, defaultValue] = [input('sparseIndices'), input('sparseValues'), input('defaultValue')];
    const { outputShape } = attributes as SparseToDenseAttrs;
    const info = (value: typeof indices): TensorInfo => value as unknown as TensorInfo;
    const { sliceRank, numUpdates } = backendUtil.calculateShapes(info(values), info(indices), outputShape);
    const rest = outputShape.slice(sliceRank);
    const filled = numeric(graph, cast(graph, reshape(graph, defaultValue, []), values.type));
    const dense = outputShape.length === 0 ? filled : expand(graph, filled, outputShape);
    const given = numeric(graph, values);
    const updates = given.shape.length === 0 ? expand(graph, given, [numUpdates, ...rest]) : reshape(graph, given, [numUpdates, ...rest]);
    return cast(graph, scatterSet(graph, dense, reshape(graph, indices, [numUpdates, sliceRank]), updates), values.type);
  },

  SparseReshape: ({ graph, name, input, constant }) => {
    const { binary } = arithmetic(graph);
    const indices = input('inputIndices');
    const [from, wanted] = [constant('inputShape'), constant('newShape')];
    const known = sizeOf(wanted.filter((size) => size !== -1));
    const to = wanted.map((size) => (size === -1 ? sizeOf(from) / known : size));
    const fits = to.every((size) => Number.isInteger(size) && size >= 0) && wanted.filter((size) => size === -1).length <= 1;
    if (!fits || sizeOf(to) !== sizeOf(from)) {
      throw new TfjsJitError('bad-function', `kernel ${name}: [${from.join(', ')}] cannot be reshaped to [${wanted.join(', ')}]`);
    }
    const shape = addInitializer(graph, Int32Array.from(to), { shape: [to.length], type: 'int32' });
    const rows = indices.shape[0] ?? 0;
    if (rows === 0 || to.length === 0) return [uniform(graph, [rows, to.length], 0, indices.type), shape];
    const strides = (sizes: readonly number[]): number[] => sizes.map((_, axis) => sizeOf(sizes.slice(axis + 1)));
    const list = (numbers: readonly number[]) =>
      addInitializer(graph, BigInt64Array.from(numbers, BigInt), { shape: [numbers.length], type: 'int64' });
    const wide = cast(graph, indices, 'int64');
    const flat = strides(from)
      .map((stride, axis) => binary('Mul', reshape(graph, gather(graph, wide, list([axis]), 1), [rows, 1]), stride))
      .reduce((sum, part) => binary('Add', sum, part));
    const split = binary('Mod', binary('Div', flat, list(strides(to))), list(to));
    return [cast(graph, split, indices.type), shape];
  },

  BroadcastArgs: ({ graph, constant }) => {
    const shape = backendUtil.assertAndGetBroadcastShape(constant('s0'), constant('s1'));
    return addInitializer(graph, Int32Array.from(shape), { shape: [shape.length], type: 'int32' });
  },
};
