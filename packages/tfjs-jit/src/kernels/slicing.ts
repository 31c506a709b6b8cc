import { backend_util as backendUtil, slice_util as slicing, util } from '@tensorflow/tfjs';
import type { ConcatAttrs, PackAttrs, PadV2Attrs, SliceAttrs, SplitVAttrs, StridedSliceAttrs, Tensor, UnpackAttrs } from '@tensorflow/tfjs';
import { addNode, int64s, isEmpty, reshape, scalar, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import type { KernelTable } from './kernel.ts';

/** The part of `size` elements from `begin` along each axis. */
export function slice(graph: Graph, x: Value, begin: readonly number[], size: readonly number[]): Value {
  const axes = [...x.shape.keys()].filter((axis) => size[axis] !== x.shape[axis]);
  if (axes.length === 0) return x;
  const starts = axes.map((axis) => begin[axis] ?? 0);
  const ends = axes.map((axis) => (begin[axis] ?? 0) + (size[axis] ?? 0));
  return addNode(graph, 'Slice', [x, int64s(graph, starts), int64s(graph, ends), int64s(graph, axes)], { shape: size, type: x.type });
}

export function concat(graph: Graph, values: readonly Value[], axis: number): Value {
  const [first] = values;
  const size = values.reduce((sum, value) => sum + (value.shape[axis] ?? 0), 0);
  const full = values.filter((value) => !isEmpty(value));
  const [only] = full;
  if (only !== undefined && full.length === 1) return only;
  const spec = { shape: (first?.shape ?? []).with(axis, size), type: first?.type ?? 'float32' };
  return addNode(graph, 'Concat', full, spec, { attributes: { axis: { int: axis } } });
}

/** `paddings` are the numbers of elements before and after, for each axis. */
export function pad(graph: Graph, x: Value, paddings: readonly (readonly [number, number])[], fill: number): Value {
  const shape = x.shape.map((dimension, axis) => dimension + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0));
  if (isEmpty(x)) return uniform(graph, shape, fill, x.type);
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const pads = int64s(graph, [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  return addNode(graph, 'Pad', [x, pads, scalar(graph, fill, x.type)], { shape, type: x.type });
}

export const slicingKernels: KernelTable = {
  Slice: ({ graph, input, attributes }) => {
    const x = input('x');
    const { begin, size } = attributes as SliceAttrs;
    // parseSliceParams reads only the shape.
    const [starts, sizes] = slicing.parseSliceParams(x as unknown as Tensor, begin, size) as [number[], number[]];
    return slice(graph, x, starts, sizes);
  },

  StridedSlice: ({ graph, input, attributes }) => {
    const x = input('x');
    const a = attributes as StridedSliceAttrs;
    const info = slicing.sliceInfo(
      [...x.shape],
      a.begin,
      a.end,
      a.strides,
      a.beginMask,
      a.endMask,
      a.ellipsisMask,
      a.newAxisMask,
      a.shrinkAxisMask,
    );
    const { begin, end, strides } = info;
    // Rounded, what is empty may come out as -0.
    const shape = slicing.computeOutShape(begin, end, strides).map(Math.abs);
    const finalShape = info.finalShape.map(Math.abs);
    if (shape.includes(0)) return reshape(graph, uniform(graph, shape, 0, x.type), finalShape);
    const axes = [...x.shape.keys()];
    // Going down past the first element: ONNX reads -1 as the last one, but cuts anything below -size.
    const ends = end.map((stop, axis) => (stop < 0 ? -(x.shape[axis] ?? 0) - 1 : stop));
    const inputs = [x, int64s(graph, begin), int64s(graph, ends), int64s(graph, axes), int64s(graph, strides)];
    // WebGPU may begin at the last element when it goes down.
    const options = strides.some((stride) => stride < 0) ? ({ notOn: ['webgpu'] } as const) : {};
    const part = axes.length === 0 ? x : addNode(graph, 'Slice', inputs, { shape, type: x.type }, options);
    return reshape(graph, part, finalShape);
  },

  Concat: ({ graph, inputs, attributes }) => {
    const shape = inputs[0]?.shape ?? [];
    const [axis = 0] = util.parseAxisParam((attributes as ConcatAttrs).axis, [...shape]);
    return concat(graph, inputs, axis);
  },

  Pack: ({ graph, inputs, attributes }) => {
    const { axis } = attributes as PackAttrs;
    const rank = (inputs[0]?.shape.length ?? 0) + 1;
    const at = axis < 0 ? axis + rank : axis;
    const rows = inputs.map((value) => reshape(graph, value, value.shape.toSpliced(at, 0, 1)));
    return concat(graph, rows, at);
  },

  Unpack: ({ graph, input, attributes }) => {
    const value = input('value');
    const [axis = 0] = util.parseAxisParam((attributes as UnpackAttrs).axis, [...value.shape]);
    const shape = value.shape.toSpliced(axis, 1);
    return Array.from({ length: value.shape[axis] ?? 0 }, (_, index) => {
      const begin = value.shape.map((__, other) => (other === axis ? index : 0));
      return reshape(graph, slice(graph, value, begin, value.shape.with(axis, 1)), shape);
    });
  },

  SplitV: ({ graph, input, attributes }) => {
    const x = input('x');
    const { numOrSizeSplits, axis } = attributes as SplitVAttrs;
    const [at = 0] = util.parseAxisParam(axis, [...x.shape]);
    const sizes = backendUtil.prepareSplitSize(x as unknown as Tensor, numOrSizeSplits, at);
    let offset = 0;
    return sizes.map((size) => {
      const begin = x.shape.map((_, other) => (other === at ? offset : 0));
      offset += size;
      return slice(graph, x, begin, x.shape.with(at, size));
    });
  },

  PadV2: ({ graph, input, attributes }) => {
    const { paddings, constantValue } = attributes as PadV2Attrs;
    return pad(graph, input('x'), paddings, constantValue);
  },
};
