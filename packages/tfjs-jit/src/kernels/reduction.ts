import { backend_util as backendUtil, util } from '@tensorflow/tfjs';
import type { ArgMaxAttrs, CumprodAttrs, CumsumAttrs, MaxAttrs, SumAttrs, TopKAttrs } from '@tensorflow/tfjs';
import { TfjsJitError } from '../errors.ts';
import { addNode, appendNode, cast, int64s, isEmpty, newValue, reshape, scalar, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { arithmetic, floating, numeric } from './elementwise.ts';
import type { Kernel, KernelTable } from './kernel.ts';
import { concat, slice } from './slicing.ts';

function reduce(graph: Graph, operator: string, x: Value, axes: number[], keepDims: boolean, ofNothing: number): Value {
  const [kept] = backendUtil.computeOutAndReduceShapes([...x.shape], axes);
  const shape = keepDims ? backendUtil.expandShapeToKeepDim(kept, axes) : kept;
  if (axes.length === 0) return x;
  if (isEmpty(x)) return uniform(graph, shape, ofNothing, x.type);
  // Over axes of size 1 there is nothing to reduce.
  if (axes.every((axis) => x.shape[axis] === 1)) return reshape(graph, x, shape);
  const attributes = { keepdims: { int: Number(keepDims) } };
  return addNode(graph, operator, [x, int64s(graph, axes)], { shape, type: x.type }, { attributes });
}

/** tfjs names the axes `axis` in some kernels and `reductionIndices` in others. */
function reduction(operator: string, ofNothing: number, prepare: (graph: Graph, x: Value) => Value): Kernel {
  return ({ graph, input, attributes }) => {
    const { axis, reductionIndices, keepDims } = attributes as Partial<SumAttrs & MaxAttrs>;
    const x = input('x');
    const axes = util.parseAxisParam((reductionIndices ?? axis) as number | number[], [...x.shape]);
    return reduce(graph, operator, prepare(graph, x), axes, keepDims ?? false, ofNothing);
  };
}

function logicalReduction(operator: string, ofNothing: number): Kernel {
  const reduced = reduction(operator, ofNothing, (graph, x) => cast(graph, cast(graph, x, 'bool'), 'int32'));
  return (call) => cast(call.graph, reduced(call) as Value, 'bool');
}

function argReduction(operator: string): Kernel {
  return ({ graph, input, name, attributes }) => {
    const x = numeric(graph, input('x'));
    // A number, or an array of one.
    const [axis = 0] = util.parseAxisParam((attributes as ArgMaxAttrs).axis, [...x.shape]);
    const shape = x.shape.toSpliced(axis, 1);
    if (x.shape[axis] === 0)
      throw new TfjsJitError('unsupported-kernel', `kernel ${name}: axis ${axis} of [${x.shape.join(', ')}] has no elements`);
    const options = { attributes: { axis: { int: axis }, keepdims: { int: 0 } } };
    return cast(graph, addNode(graph, operator, [x], { shape, type: 'int64' }, options), 'int32');
  };
}

// The last number is the result over no elements: what tfjs's cpu backend returns.
export const reductionKernels: KernelTable = {
  Sum: reduction('ReduceSum', 0, numeric),
  Mean: reduction('ReduceMean', 0, floating),
  Max: reduction('ReduceMax', NaN, numeric),
  Min: reduction('ReduceMin', NaN, numeric),
  Prod: reduction('ReduceProd', 1, numeric),
  All: logicalReduction('ReduceMin', 0),
  Any: logicalReduction('ReduceMax', 0),
  ArgMax: argReduction('ArgMax'),
  ArgMin: argReduction('ArgMin'),

  Cumsum: ({ graph, input, attributes }) => {
    const { axis, exclusive, reverse } = attributes as CumsumAttrs;
    const x = numeric(graph, input('x'));
    const flags = { exclusive: { int: Number(exclusive) }, reverse: { int: Number(reverse) } };
    return addNode(graph, 'CumSum', [x, scalar(graph, axis, 'int64')], x, { attributes: flags });
  },

  // ONNX has no cumulative product: after n steps each element holds the product of 2 ** n neighbours.
  Cumprod: ({ graph, input, attributes }) => {
    const { axis: given, exclusive, reverse } = attributes as CumprodAttrs;
    const { binary } = arithmetic(graph);
    const x = numeric(graph, input('x'));
    const axis = given < 0 ? given + x.shape.length : given;
    const size = x.shape[axis] ?? 1;
    const moved = (value: Value, by: number): Value => {
      const kept = slice(
        graph,
        value,
        x.shape.map((_, other) => (reverse && other === axis ? by : 0)),
        x.shape.with(axis, size - by),
      );
      const ones = uniform(graph, x.shape.with(axis, by), 1, x.type);
      return concat(graph, reverse ? [kept, ones] : [ones, kept], axis);
    };
    if (isEmpty(x)) return x;
    let product = exclusive ? moved(x, 1) : x;
    for (let by = 1; by < size; by *= 2) product = binary('Mul', product, moved(product, by));
    return product;
  },

  TopK: ({ graph, input, attributes }) => {
    const { k, sorted } = attributes as TopKAttrs;
    const x = numeric(graph, input('x'));
    const shape = [...x.shape.slice(0, -1), k];
    const values = newValue(graph, { shape, type: x.type });
    const indices = newValue(graph, { shape, type: 'int64' });
    const flags = { axis: { int: -1 }, largest: { int: 1 }, sorted: { int: Number(sorted) } };
    if (!isEmpty(values)) appendNode(graph, 'TopK', [x, int64s(graph, [k])], [values, indices], { attributes: flags });
    return [values, cast(graph, indices, 'int32')];
  },
};
