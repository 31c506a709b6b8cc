import type { BincountAttrs, DenseBincountAttrs, SearchSortedAttrs } from '@tensorflow/tfjs';
import { addInitializer, addNode, cast, int64s, isEmpty, reshape, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { sizeOf } from '../tensor-spec.ts';
import { arithmetic, numeric } from './elementwise.ts';
import { segmentSum } from './indexing.ts';
import type { Kernel, KernelTable } from './kernel.ts';

/** How often each value below `size` occurs, or the sum of the weights where it does. Other values, which tfjs refuses if negative, are dropped. */
function countValues(graph: Graph, x: Value, weights: Value, size: number): Value {
  const count = sizeOf(x.shape);
  const updates = isEmpty(weights) ? uniform(graph, [count, 1], 1, weights.type) : reshape(graph, weights, [count, 1]);
  return reshape(graph, segmentSum(graph, size, reshape(graph, x, [count]), updates), [size]);
}

const bincount: Kernel = ({ graph, input, attributes }) => {
  const weights = input('weights');
  const { size } = attributes as BincountAttrs;
  return cast(graph, countValues(graph, input('x'), numeric(graph, weights), size), weights.type);
};

export const countingKernels: KernelTable = {
  Bincount: bincount,

  // Rows are counted apart: each has its own range of values. As in tfjs, `binaryOutput` is for matrices only.
  DenseBincount: (call) => {
    const { graph, input, attributes } = call;
    const { binary, compare, where } = arithmetic(graph);
    const { size, binaryOutput } = attributes as DenseBincountAttrs;
    const [x, given] = [input('x'), input('weights')];
    if (x.shape.length < 2) return bincount(call);
    const [rows = 0, columns = 0] = x.shape;
    const shape = [rows, size];
    if (isEmpty(x) || size === 0) return uniform(graph, shape, 0, given.type);
    const offsets = addInitializer(
      graph,
      Int32Array.from({ length: rows }, (_, row) => row * size),
      { shape: [rows, 1], type: 'int32' },
    );
    const valid = binary('And', compare('GreaterOrEqual', x, 0), compare('Less', x, size));
    const placed = where(valid, binary('Add', x, offsets), -1);
    const weights = numeric(graph, given);
    const used = binaryOutput || isEmpty(weights) ? uniform(graph, [rows * columns], 1, weights.type) : weights;
    const counts = countValues(graph, placed, used, rows * size);
    const limited = binaryOutput ? binary('Min', counts, 1) : counts;
    return cast(graph, reshape(graph, limited, shape), given.type);
  },

  // By counting the smaller numbers: simple, but rows x values comparisons.
  SearchSorted: ({ graph, input, attributes }) => {
    const { side } = attributes as SearchSortedAttrs;
    const [sequence, values] = [numeric(graph, input('sortedSequence')), numeric(graph, input('values'))];
    const [batch = 0, length = 0] = sequence.shape;
    if (length === 0) return uniform(graph, values.shape, 0, 'int32');
    const operator = side === 'left' ? 'Less' : 'LessOrEqual';
    const [all, each] = [reshape(graph, sequence, [batch, length, 1]), reshape(graph, values, [batch, 1, values.shape[1] ?? 0])];
    const before = cast(graph, arithmetic(graph).compare(operator, all, each), 'int32');
    const attribute = { attributes: { keepdims: { int: 0 } } };
    return addNode(graph, 'ReduceSum', [before, int64s(graph, [1])], { shape: values.shape, type: 'int32' }, attribute);
  },
};
