import * as tf from '@tensorflow/tfjs';
import { bool, f32, i32 } from '../random-inputs.ts';
import type { InputSpec } from '../random-inputs.ts';
import type { Choose, KernelCases } from './kernel-case.ts';

function anyType(choose: Choose, shape: readonly number[]): InputSpec {
  return choose.of([f32(shape), f32(shape), i32(shape), bool(shape)]);
}

function shuffled(choose: Choose, count: number): number[] {
  const rest = Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: count }, () => rest.splice(choose.integer(0, rest.length - 1), 1)[0] as number);
}

function paddings(choose: Choose, shape: readonly number[], most: (size: number) => number): [number, number][] {
  return shape.map((size) => [choose.integer(0, most(size)), choose.integer(0, most(size))]);
}

export const structureCases: KernelCases = {
  Reshape: (choose) => {
    const shape = choose.shape();
    const [first = 1, ...rest] = shape;
    const to = choose.of([[...rest, first], [first, 1, ...rest], [tf.util.sizeFromShape(shape)], ...(shape.includes(0) ? [] : [[1, -1]])]);
    return { inputs: [anyType(choose, shape)], fn: (x) => tf.reshape(x, to) };
  },
  ExpandDims: (choose) => {
    const shape = choose.shape(choose.integer(0, 3));
    const axis = choose.integer(-shape.length - 1, shape.length);
    return { inputs: [anyType(choose, shape)], fn: (x) => tf.expandDims(x, axis) };
  },
  Transpose: (choose) => {
    const shape = choose.shape();
    const permutation = shuffled(choose, shape.length);
    return { inputs: [anyType(choose, shape)], fn: (x) => tf.transpose(x, permutation) };
  },
  // A tile of rank 5 has no gradient in tfjs.
  Tile: (choose) => {
    const shape = choose.shape(choose.integer(1, 4));
    const times = shape.map(() => choose.of([1, 2, 3]));
    return { inputs: [anyType(choose, shape)], fn: (x) => tf.tile(x, times) };
  },
  Reverse: (choose) => {
    const shape = choose.shape(choose.integer(1, 4));
    const axes = choose.axes(shape.length);
    return { inputs: [anyType(choose, shape)], fn: (x) => tf.reverse(x, axes) };
  },
  Slice: (choose) => {
    const shape = choose.shape(choose.integer(1, 4));
    const begin = shape.map((size) => choose.integer(0, size));
    const size = shape.map((whole, axis) => choose.of([-1, choose.integer(0, whole - (begin[axis] ?? 0))]));
    return { inputs: [anyType(choose, shape)], fn: (x) => tf.slice(x, begin, size) };
  },
  StridedSlice: (choose) => {
    const shape = choose.filled(choose.integer(1, 3));
    const strides = shape.map(() => choose.of([1, 2, -1, -2]));
    const end = (axis: number): number => choose.integer(-(shape[axis] ?? 1), shape[axis] ?? 1);
    const place = (at: number, axis: number): number => (at < 0 ? at + (shape[axis] ?? 1) : at);
    // tfjs's cpu backend fails where a part of stride 1 ends before it begins.
    const ends = strides.map((stride, axis) => {
      const pair = [end(axis), end(axis)];
      return stride === 1 ? pair.toSorted((a, b) => place(a, axis) - place(b, axis)) : pair;
    });
    const [begin, stop] = [ends.map(([first = 0]) => first), ends.map(([, last = 0]) => last)];
    const masks = [choose.integer(0, 3), choose.integer(0, 3), choose.of([0, 0, 1])] as const;
    return { inputs: [anyType(choose, shape)], fn: (x) => tf.stridedSlice(x, begin, stop, strides, masks[0], masks[1], masks[2]) };
  },
  Concat: (choose) => {
    const shape = choose.shape(choose.integer(1, 4));
    const axis = choose.axis(shape.length);
    const kind = choose.of([f32, bool, (of: readonly number[]) => i32(of)]);
    const inputs = Array.from({ length: choose.integer(1, 3) }, () => kind(shape.with(axis, choose.size())));
    return { inputs, fn: (...all) => tf.concat(all, axis) };
  },
  Pack: (choose) => {
    const shape = choose.shape(choose.integer(0, 3));
    const axis = choose.integer(-shape.length - 1, shape.length);
    return { inputs: Array.from({ length: choose.integer(1, 3) }, () => f32(shape)), fn: (...all) => tf.stack(all, axis) };
  },
  Unpack: (choose) => {
    const shape = choose.shape(choose.integer(1, 4));
    const axis = choose.axis(shape.length);
    return { inputs: [anyType(choose, shape.with(axis, choose.integer(1, 3)))], fn: (x) => tf.unstack(x, axis) };
  },
  SplitV: (choose) => {
    const rest = choose.shape(choose.integer(1, 4));
    const axis = choose.axis(rest.length);
    const sizes = [choose.integer(1, 3), choose.integer(1, 3)];
    const [whole, parts] = choose.of([[(sizes[0] ?? 1) + (sizes[1] ?? 1), sizes] as const, [6, 3] as const]);
    return { inputs: [anyType(choose, rest.with(axis, whole))], fn: (x) => tf.split(x, parts as number[], axis) };
  },
  PadV2: (choose) => {
    const shape = choose.shape(choose.integer(1, 4));
    const pads = paddings(choose, shape, () => 2);
    const fill = choose.of([0, 7]);
    return { inputs: [choose.of([f32(shape), i32(shape)])], fn: (x) => tf.pad(x, pads, fill) };
  },
  MirrorPad: (choose) => {
    const shape = choose.filled(choose.integer(1, 4));
    const mode = choose.of(['reflect', 'symmetric'] as const);
    const pads = paddings(choose, shape, (size) => Math.min(2, mode === 'reflect' ? size - 1 : size));
    return { inputs: [anyType(choose, shape)], fn: (x) => tf.mirrorPad(x, pads, mode) };
  },
  SpaceToBatchND: (choose) => {
    const block = [choose.integer(1, 3), choose.integer(1, 3)];
    const size = (axis: number): number => (block[axis] ?? 1) * choose.integer(1, 2);
    const begin = [choose.integer(0, 1), choose.integer(0, 1)];
    const padded = [size(0) + 3 * (block[0] ?? 1), size(1) + 3 * (block[1] ?? 1)];
    const pads = begin.map((pad) => [pad, 1]);
    const shape = [choose.size(), ...padded.map((whole, axis) => whole - (begin[axis] ?? 0) - 1), ...choose.filled(choose.integer(0, 1))];
    return { inputs: [f32(shape)], fn: (x) => tf.spaceToBatchND(x, block, pads) };
  },
  BatchToSpaceND: (choose) => {
    const block = [choose.integer(1, 2), choose.integer(1, 2)];
    const shape = [(block[0] ?? 1) * (block[1] ?? 1) * choose.size(), choose.integer(2, 3), choose.integer(2, 3), choose.integer(1, 2)];
    const crops = [
      [choose.integer(0, 1), 0],
      [0, choose.integer(0, 1)],
    ];
    return { inputs: [f32(shape)], fn: (x) => tf.batchToSpaceND(x, block, crops) };
  },
  DepthToSpace: (choose) => {
    const block = choose.integer(2, 3);
    const shape = [choose.size(), choose.integer(1, 3), choose.integer(1, 3), block * block * choose.integer(1, 2)];
    return { inputs: [f32(shape)], fn: (x) => tf.depthToSpace(x, block) };
  },
  Diag: (choose) => ({ inputs: [anyType(choose, choose.shape(choose.integer(1, 2)))], fn: (x) => tf.diag(x) }),

  Fill: (choose) => {
    const shape = choose.shape();
    const [value, dtype] = choose.of([[1.5, 'float32'] as const, [3, 'int32'] as const, [0, 'float32'] as const]);
    return { inputs: [], fn: () => tf.fill(shape, value, dtype) };
  },
  Range: (choose) => {
    const [start, stop] = [choose.integer(-5, 5), choose.integer(-5, 40)];
    const step = choose.of([1, 2, 0.25, -1, -0.5]);
    const dtype = choose.of(['float32', 'int32'] as const);
    return { inputs: [], fn: () => tf.range(start, stop, dtype === 'int32' ? Math.trunc(step) || 1 : step, dtype) };
  },
  LinSpace: (choose) => {
    const [start, stop, count] = [choose.integer(-5, 5), choose.integer(-5, 5), choose.integer(1, 20)];
    return { inputs: [], fn: () => tf.linspace(start, stop, count) };
  },
};
