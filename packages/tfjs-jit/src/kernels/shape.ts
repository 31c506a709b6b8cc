import { util } from '@tensorflow/tfjs';
import type { ExpandDimsAttrs, ReshapeAttrs, ReverseAttrs, TileAttrs, TransposeAttrs } from '@tensorflow/tfjs';
import { addNode, expand, int64s, isEmpty, reshape } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { sizeOf } from '../tensor-spec.ts';
import type { KernelTable } from './kernel.ts';

export function transpose(graph: Graph, value: Value, permutation: readonly number[]): Value {
  if (permutation.every((from, to) => from === to)) return value;
  const shape = permutation.map((axis) => value.shape[axis] ?? 1);
  // Moving axes of size 1 moves no data.
  const moved = permutation.filter((axis) => value.shape[axis] !== 1);
  if (moved.every((axis, index) => index === 0 || axis > (moved[index - 1] ?? -1))) return reshape(graph, value, shape);
  return addNode(graph, 'Transpose', [value], { shape, type: value.type }, { attributes: { perm: { ints: permutation } } });
}

export function reverse(graph: Graph, x: Value, axes: readonly number[]): Value {
  if (axes.length === 0) return x;
  const same = (number: number): Value =>
    int64s(
      graph,
      axes.map(() => number),
    );
  // From the last element to before the first: any end below -size is cut to that.
  const end = -(Math.max(...x.shape) + 1);
  return addNode(graph, 'Slice', [x, same(-1), same(end), int64s(graph, axes), same(-1)], x);
}

export const shapeKernels: KernelTable = {
  Reshape: ({ graph, input, attributes }) => {
    const x = input('x');
    return reshape(graph, x, util.inferFromImplicitShape((attributes as ReshapeAttrs).shape, sizeOf(x.shape)));
  },

  ExpandDims: ({ graph, input, attributes }) => {
    const x = input('input');
    const { dim } = attributes as ExpandDimsAttrs;
    return reshape(graph, x, x.shape.toSpliced(dim < 0 ? x.shape.length + dim + 1 : dim, 0, 1));
  },

  Transpose: ({ graph, input, attributes }) => transpose(graph, input('x'), (attributes as TransposeAttrs).perm),

  Tile: ({ graph, input, attributes }) => {
    const x = input('x');
    const { reps } = attributes as TileAttrs;
    const shape = x.shape.map((dimension, axis) => dimension * (reps[axis] ?? 1));
    if (reps.every((count) => count === 1)) return x;
    if (!isEmpty(x) && reps.every((count, axis) => count === 1 || x.shape[axis] === 1)) return expand(graph, x, shape);
    return addNode(graph, 'Tile', [x, int64s(graph, reps)], { shape, type: x.type });
  },

  Reverse: ({ graph, input, attributes }) => {
    const x = input('x');
    return reverse(graph, x, util.parseAxisParam((attributes as ReverseAttrs).dims, [...x.shape]));
  },
  FlipLeftRight: ({ graph, input }) => reverse(graph, input('image'), [2]),
};
