import type { GatherV2Attrs, OneHotAttrs, ScatterNdAttrs, UnsortedSegmentSumAttrs } from '@tensorflow/tfjs';
import { util } from '@tensorflow/tfjs';
import { addInitializer, addNode, cast, expand, int64s, isEmpty, reshape, scalar, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { asTensorType, sizeOf, typedDataFrom } from '../tensor-spec.ts';
import { arithmetic, broadcastNode, numeric } from './elementwise.ts';
import type { KernelTable } from './kernel.ts';
import { transpose } from './shape.ts';

/** The parts of `x` at `indices` (int32 or int64) along `axis`. */
export function gather(graph: Graph, x: Value, indices: Value, axis: number): Value {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return addNode(graph, 'Gather', [x, indices], { shape, type: x.type }, { attributes: { axis: { int: axis } } });
}

/** Gather along `axis` where the first `batchDims` axes of both are the same batch. */
function batchGather(graph: Graph, x: Value, indices: Value, axis: number, batchDims: number): Value {
  const rank = x.shape.length;
  const between = axis - batchDims;
  const inner = indices.shape.length - batchDims;
  const batch = [...Array(batchDims).keys()];
  const middle = Array.from({ length: between }, (_, index) => batchDims + index);
  const after = Array.from({ length: rank - axis - 1 }, (_, index) => axis + 1 + index);
  const data = transpose(graph, x, [...batch, axis, ...middle, ...after]);
  const positions = reshape(graph, cast(graph, indices, 'int64'), [...indices.shape, 1]);
  const shape = [...indices.shape, ...data.shape.slice(batchDims + 1)];
  const options = { attributes: { batch_dims: { int: batchDims } } };
  const gathered = addNode(graph, 'GatherND', [data, positions], { shape, type: x.type }, options);
  // [batch, indices, middle, after] to [batch, middle, indices, after].
  const innerAxes = Array.from({ length: inner }, (_, index) => batchDims + index);
  const middleAxes = middle.map((_, index) => batchDims + inner + index);
  const afterAxes = after.map((_, index) => batchDims + inner + between + index);
  return transpose(graph, gathered, [...batch, ...middleAxes, ...innerAxes, ...afterAxes]);
}

/** Sets rows: with equal indices, any one of their updates stays. */
export function scatterSet(graph: Graph, onto: Value, indices: Value, updates: Value): Value {
  if (isEmpty(updates) || isEmpty(indices)) return onto;
  return addNode(graph, 'ScatterND', [onto, cast(graph, indices, 'int64'), updates], onto);
}

/**
 * [rows, width] zeros to which row i of `updates` ([count, width]) is added at row `indices[i]`. Not ScatterND with reduction add: ONNX Runtime's
 * runs it on several threads that race for equal indices, and loses updates. ScatterElements is sequential.
 */
function scatterAdd(graph: Graph, rows: number, indices: Value, updates: Value): Value {
  const [count = 0, width = 0] = updates.shape;
  const zeros = uniform(graph, [rows, width], 0, updates.type);
  if (isEmpty(updates) || isEmpty(zeros)) return zeros;
  const positions = expand(graph, reshape(graph, cast(graph, indices, 'int64'), [count, 1]), [count, width]);
  const attributes = { axis: { int: 0 }, reduction: { string: 'add' } };
  return addNode(graph, 'ScatterElements', [zeros, positions, updates], zeros, { attributes });
}

/** The rows of `updates` whose index is in [0, rows) added up by index; the others are dropped. */
export function segmentSum(graph: Graph, rows: number, indices: Value, updates: Value): Value {
  const { binary, compare, where } = arithmetic(graph);
  const valid = binary('And', compare('GreaterOrEqual', indices, 0), compare('Less', indices, rows));
  const kept = where(reshape(graph, valid, [indices.shape[0] ?? 0, 1]), updates, 0);
  return scatterAdd(graph, rows, where(valid, indices, 0), kept);
}

export const indexingKernels: KernelTable = {
  GatherV2: ({ graph, input, attributes }) => {
    const x = input('x');
    const { axis: given, batchDims = 0 } = attributes as GatherV2Attrs & { batchDims?: number };
    const [axis = 0] = util.parseAxisParam(given, [...x.shape]);
    const indices = input('indices').type === 'int32' ? input('indices') : cast(graph, input('indices'), 'int32');
    const batch = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
    if (batch > 0) return batchGather(graph, x, indices, axis, batch);
    return gather(graph, x, indices, axis);
  },

  GatherNd: ({ graph, input }) => {
    const params = input('params');
    const indices = cast(graph, input('indices'), 'int64');
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(indices.shape.at(-1) ?? 0)];
    return addNode(graph, 'GatherND', [params, indices], { shape, type: params.type });
  },

  // An index outside [0, depth) gives a row of offValue. ONNX counts negative ones from the end, so they are moved out of range first.
  OneHot: ({ graph, input, name, attributes }) => {
    const { compare, where } = arithmetic(graph);
    const { depth, onValue, offValue, dtype } = attributes as OneHotAttrs & { dtype?: string };
    const type = asTensorType(dtype ?? 'float32', `kernel ${name}`);
    const indices = cast(graph, input('indices'), 'int64');
    const shape = [...indices.shape, depth];
    if (shape.includes(0)) return uniform(graph, shape, 0, type);
    const inRange = where(compare('Less', indices, 0), depth, indices);
    const values = addInitializer(graph, typedDataFrom([offValue, onValue], 'float32'), { shape: [2], type: 'float32' });
    // ONNX takes no scalar.
    const listed = indices.shape.length === 0 ? reshape(graph, inRange, [1]) : inRange;
    const spec = { shape: [...listed.shape, depth], type: 'float32' } as const;
    return cast(graph, reshape(graph, addNode(graph, 'OneHot', [listed, scalar(graph, depth, 'int64'), values], spec), shape), type);
  },

  // Rows of equal id add up; rows whose id is outside [0, numSegments) are dropped.
  UnsortedSegmentSum: ({ graph, input, attributes }) => {
    const [x, ids] = [numeric(graph, input('x')), input('segmentIds')];
    const { numSegments } = attributes as UnsortedSegmentSumAttrs;
    const rest = x.shape.slice(ids.shape.length);
    const count = sizeOf(ids.shape);
    const rows = reshape(graph, x, [count, sizeOf(rest)]);
    return reshape(graph, segmentSum(graph, numSegments, reshape(graph, ids, [count]), rows), [numSegments, ...rest]);
  },

  ScatterNd: ({ graph, input, attributes }) => {
    const { binary } = arithmetic(graph);
    const [indices, updates] = [input('indices'), numeric(graph, input('updates'))];
    const { shape } = attributes as ScatterNdAttrs;
    const depth = indices.shape.length === 0 ? 1 : (indices.shape.at(-1) ?? 1);
    const count = indices.shape.length === 0 ? 1 : sizeOf(indices.shape.slice(0, -1));
    // Row-major position of each indexed slice.
    const strides = shape.slice(0, depth).map((_, axis) => sizeOf(shape.slice(axis + 1, depth)));
    const weights = addInitializer(graph, Int32Array.from(strides), { shape: [depth], type: 'int32' });
    const weighted = binary('Mul', reshape(graph, indices, [count, depth]), weights);
    const flat = addNode(
      graph,
      'ReduceSum',
      [weighted, int64s(graph, [1])],
      { shape: [count], type: 'int32' },
      { attributes: { keepdims: { int: 0 } } },
    );
    const rest = shape.slice(depth);
    const rows = reshape(graph, updates, [count, sizeOf(rest)]);
    return reshape(graph, scatterAdd(graph, sizeOf(shape.slice(0, depth)), flat, rows), shape);
  },

  TensorScatterUpdate: ({ graph, input }) => scatterSet(graph, input('tensor'), input('indices'), input('updates')),

  Select: ({ graph, input }) => {
    const [condition, then, otherwise] = [cast(graph, input('condition'), 'bool'), input('t'), input('e')];
    const rank = then.shape.length;
    // A condition of rank 1 chooses whole rows.
    const rows = condition.shape.length === 1 && rank > 1;
    const chosen = rows ? reshape(graph, condition, [...condition.shape, ...Array<number>(rank - 1).fill(1)]) : condition;
    if (then.type !== 'bool') return broadcastNode(graph, 'Where', [chosen, then, otherwise], then.type);
    const branches = [then, otherwise].map((branch) => cast(graph, branch, 'int32'));
    return cast(graph, broadcastNode(graph, 'Where', [chosen, ...branches], 'int32'), 'bool');
  },
};
