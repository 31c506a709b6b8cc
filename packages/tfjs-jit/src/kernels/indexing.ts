import type { GatherV2Attrs, OneHotAttrs, ScatterNdAttrs, UnsortedSegmentSumAttrs } from '@tensorflow/tfjs';
import { util } from '@tensorflow/tfjs';
import { addInitializer, addNode, cast, isEmpty, reshape, scalar, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { asTensorType, typedDataFrom } from '../tensor-spec.ts';
import { arithmetic, broadcastNode } from './elementwise.ts';
import type { KernelTable } from './kernel.ts';
import { transpose } from './shape.ts';

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

function scatter(graph: Graph, onto: Value, indices: Value, updates: Value, reduction: 'add' | 'none'): Value {
  if (isEmpty(updates) || isEmpty(indices)) return onto;
  const positions = cast(graph, indices, 'int64');
  return addNode(graph, 'ScatterND', [onto, positions, updates], onto, { attributes: { reduction: { string: reduction } } });
}

export const indexingKernels: KernelTable = {
  GatherV2: ({ graph, input, attributes }) => {
    const x = input('x');
    const { axis: given, batchDims = 0 } = attributes as GatherV2Attrs & { batchDims?: number };
    const [axis = 0] = util.parseAxisParam(given, [...x.shape]);
    const indices = input('indices').type === 'int32' ? input('indices') : cast(graph, input('indices'), 'int32');
    const batch = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
    if (batch > 0) return batchGather(graph, x, indices, axis, batch);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return addNode(graph, 'Gather', [x, indices], { shape, type: x.type }, { attributes: { axis: { int: axis } } });
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
    const hot = addNode(graph, 'OneHot', [inRange, scalar(graph, depth, 'int64'), values], { shape, type: 'float32' });
    return cast(graph, hot, type);
  },

  // Rows of equal id add up; rows whose id is outside [0, numSegments) are dropped.
  UnsortedSegmentSum: ({ graph, input, attributes }) => {
    const { binary, compare, where } = arithmetic(graph);
    const [x, ids] = [input('x'), input('segmentIds')];
    const { numSegments } = attributes as UnsortedSegmentSumAttrs;
    const rest = x.shape.slice(ids.shape.length);
    const zeros = uniform(graph, [numSegments, ...rest], 0, x.type);
    if (isEmpty(x) || isEmpty(zeros)) return zeros;
    const valid = binary('And', compare('GreaterOrEqual', ids, 0), compare('Less', ids, numSegments));
    const rows = where(
      reshape(
        graph,
        valid,
        [...ids.shape, ...rest.map(() => 1)],
      ),
      x,
      0,
    );
    return scatter(graph, zeros, reshape(graph, where(valid, ids, 0), [...ids.shape, 1]), rows, 'add');
  },

  ScatterNd: ({ graph, input, attributes }) => {
    const updates = input('updates');
    return scatter(graph, uniform(graph, (attributes as ScatterNdAttrs).shape, 0, updates.type), input('indices'), updates, 'add');
  },

  TensorScatterUpdate: ({ graph, input }) => scatter(graph, input('tensor'), input('indices'), input('updates'), 'none'),

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
