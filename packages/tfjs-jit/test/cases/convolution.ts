import * as tf from '@tensorflow/tfjs';
import { f32 } from '../random-inputs.ts';
import type { Choose, KernelCases } from './kernel-case.ts';
import { activations } from './matmul.ts';

type CaseOf = KernelCases[string];
type Pads = [[number, number], [number, number], [number, number], [number, number]];

interface Geometry {
  readonly filter: readonly [number, number];
  readonly strides: [number, number];
  readonly pad: 'same' | 'valid' | number | Pads;
  readonly rounding: 'floor' | 'ceil' | 'round' | undefined;
  readonly image: readonly [number, number];
}

/** With an explicit padding, also one whose sizes are rounded up. With one given as a number, tfjs takes the filter's height for its width. */
function geometry(choose: Choose): Geometry {
  const filter = [choose.integer(1, 3), choose.integer(1, 3)] as const;
  const kind = choose.of(['same', 'valid', 'number', 'list'] as const);
  const one = choose.integer(0, 1);
  const side = (): [number, number] => [choose.integer(0, 1), choose.integer(0, 1)];
  const pad = kind === 'number' ? one : kind === 'list' ? ([[0, 0], side(), side(), [0, 0]] as Pads) : kind;
  return {
    filter,
    strides: [choose.integer(1, 2), choose.integer(1, 2)],
    pad,
    rounding: kind === 'number' ? choose.of(['floor', 'ceil', 'round'] as const) : undefined,
    image: [filter[0] + choose.integer(0, 4), (kind === 'number' ? Math.max(...filter) : filter[1]) + choose.integer(0, 4)],
  };
}

const conv2d: CaseOf = (choose) => {
  const { filter, strides, pad, rounding, image } = geometry(choose);
  const [batch, inputs, outputs] = [choose.of([1, 2, 0]), choose.integer(1, 3), choose.integer(1, 3)];
  const first = choose.flag() && !Array.isArray(pad);
  const shape = first ? [batch, inputs, ...image] : [batch, ...image, inputs];
  const dilations: [number, number] = strides[0] === 1 && strides[1] === 1 && choose.flag() ? [2, 1] : [1, 1];
  const fits = dilations[0] === 1 || Math.min(...image) >= 2 * filter[0];
  // tfjs's gradient does not pass the rounding on.
  const gradient = rounding === undefined || rounding === 'floor';
  return {
    inputs: [f32(shape), f32([...filter, inputs, outputs])],
    fn: (x, w) => tf.conv2d(x, w, strides, pad, first ? 'NCHW' : 'NHWC', fits ? dilations : [1, 1], rounding),
    ...(!gradient && { gradient: false }),
  };
};

const conv2dTranspose: CaseOf = (choose) => {
  const [strides, pad] = [[choose.integer(1, 3), choose.integer(1, 3)] as [number, number], choose.of(['same', 'valid'] as const)];
  const [batch, inputs, outputs] = [choose.of([1, 2, 0]), choose.integer(1, 3), choose.integer(1, 3)];
  const filter = [choose.integer(1, 3), choose.integer(1, 3)] as const;
  const small = [choose.integer(1, 3), choose.integer(1, 3)];
  const large = small.map((size, axis) =>
    pad === 'same'
      ? size * (strides[axis] ?? 1)
      : (size - 1) * (strides[axis] ?? 1) + (filter[axis] ?? 1) + choose.integer(0, (strides[axis] ?? 1) - 1),
  );
  return {
    inputs: [f32([batch, ...small, outputs]), f32([...filter, inputs, outputs])],
    fn: (y, w) => tf.conv2dTranspose(y, w, [batch, ...large, inputs] as [number, number, number, number], strides, pad),
  };
};

const conv3d: CaseOf = (choose) => {
  const filter = [choose.integer(1, 2), choose.integer(1, 2), choose.integer(1, 3)];
  const [batch, inputs, outputs] = [choose.of([1, 2, 0]), choose.integer(1, 2), choose.integer(1, 2)];
  const image = filter.map((size) => size + choose.integer(0, 2));
  const strides = filter.map(() => choose.integer(1, 2)) as [number, number, number];
  const pad = choose.of(['same', 'valid'] as const);
  return { inputs: [f32([batch, ...image, inputs]), f32([...filter, inputs, outputs])], fn: (x, w) => tf.conv3d(x, w, strides, pad) };
};

const depthwise: CaseOf = (choose) => {
  const { filter, strides, pad, rounding, image } = geometry(choose);
  const [batch, inputs, multiplier] = [choose.of([1, 2, 0]), choose.integer(1, 3), choose.integer(1, 3)];
  // tfjs wants equal strides.
  const equal: [number, number] = [strides[0], strides[0]];
  const gradient = rounding === undefined || rounding === 'floor';
  return {
    inputs: [f32([batch, ...image, inputs]), f32([...filter, inputs, multiplier])],
    fn: (x, w) => tf.depthwiseConv2d(x, w, equal, pad, 'NHWC', [1, 1], rounding),
    ...(!gradient && { gradient: false }),
  };
};

function fused(depthwiseFilter: boolean): CaseOf {
  return (choose) => {
    const { filter, strides, pad, image } = geometry(choose);
    const [batch, inputs, last] = [choose.integer(1, 2), choose.integer(1, 3), choose.integer(1, 3)];
    const activation = choose.of(activations);
    const channels = depthwiseFilter ? inputs * last : last;
    const first = !depthwiseFilter && choose.flag() && !Array.isArray(pad);
    const convolve = depthwiseFilter ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
    return {
      inputs: [
        f32(first ? [batch, inputs, ...image] : [batch, ...image, inputs]),
        f32([...filter, inputs, last]),
        f32([channels]),
        f32([channels], 'positive'),
      ],
      fn: (x, w, bias, slope) =>
        convolve({
          x,
          filter: w,
          strides: depthwiseFilter ? strides[0] : strides,
          pad: pad as number,
          bias,
          activation,
          dataFormat: first ? 'NCHW' : 'NHWC',
          leakyreluAlpha: 0.1,
          ...(activation === 'prelu' && { preluActivationWeights: slope }),
        }),
      // Under a gradient, tfjs does not fuse.
      gradient: false,
    };
  };
}

// ONNX takes no padding as large as the window; with a padding given as a number, tfjs takes the height of windows and strides for the width.
function pool(fn: typeof tf.maxPool | typeof tf.avgPool, distinct: boolean): CaseOf {
  return (choose) => {
    const { filter, strides: both, pad: given, rounding, image } = geometry(choose);
    const square = typeof given === 'number';
    const side = Math.max(...filter, 2);
    const size: [number, number] = square ? [side, side] : [...filter];
    const strides: [number, number] = square ? [both[0], both[0]] : both;
    const pad = Array.isArray(given) && filter.includes(1) ? 'valid' : given;
    const mode = given === 0 ? rounding : undefined;
    // tfjs's gradient does not pass the rounding on.
    const gradient = mode === undefined || mode === 'floor';
    const shape = [choose.of([1, 2, 0]), ...(square ? [image[0] + 2, image[1] + 2] : image), choose.integer(1, 3)];
    return {
      inputs: [f32(shape, distinct ? 'distinct' : 'any')],
      fn: (x) => fn(x, size, strides, pad as number, mode),
      ...(!gradient && { gradient: false }),
    };
  };
}

// tfjs's cpu backend finds the maximum's place wrongly where height and width of the window differ.
function pool3d(fn: typeof tf.maxPool3d): CaseOf {
  return (choose) => {
    const side = choose.integer(1, 2);
    const filter: [number, number, number] = [choose.integer(1, 2), side, side];
    const strides = filter.map(() => choose.integer(1, 2)) as [number, number, number];
    const image = filter.map((size) => size + choose.integer(0, 2));
    const pad = choose.of(['same', 'valid'] as const);
    return { inputs: [f32([choose.of([1, 2, 0]), ...image, choose.integer(1, 2)], 'distinct')], fn: (x) => fn(x, filter, strides, pad) };
  };
}

const dilation: CaseOf = (choose) => {
  const { filter, strides, pad, image } = geometry(choose);
  const channels = choose.integer(1, 3);
  const equal: [number, number] = [strides[0], strides[0]];
  const shape = [choose.of([1, 2, 0]), ...image, channels];
  return {
    inputs: [f32(shape), f32([...filter, channels])],
    fn: (x, w) => tf.dilation2d(x, w, equal, typeof pad === 'string' ? pad : 'same', [1, 1]),
  };
};

export const convolutionCases: KernelCases = {
  Conv2D: conv2d,
  Conv2DBackpropInput: conv2dTranspose,
  Conv2DBackpropFilter: conv2d,
  Conv3D: conv3d,
  Conv3DBackpropInputV2: conv3d,
  Conv3DBackpropFilterV2: conv3d,
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropInput: depthwise,
  DepthwiseConv2dNativeBackpropFilter: depthwise,
  FusedConv2D: fused(false),
  FusedDepthwiseConv2D: fused(true),
  AvgPool: pool(tf.avgPool, false),
  AvgPoolGrad: pool(tf.avgPool, false),
  MaxPool: pool(tf.maxPool, true),
  MaxPoolGrad: pool(tf.maxPool, true),
  AvgPool3D: pool3d(tf.avgPool3d as typeof tf.maxPool3d),
  AvgPool3DGrad: pool3d(tf.avgPool3d as typeof tf.maxPool3d),
  MaxPool3D: pool3d(tf.maxPool3d),
  MaxPool3DGrad: pool3d(tf.maxPool3d),
  MaxPoolWithArgmax: (choose) => {
    const { filter, strides, image } = geometry(choose);
    const [pad, whole] = [choose.of(['same', 'valid'] as const), choose.flag()];
    return {
      inputs: [f32([choose.integer(1, 2), ...image, choose.integer(1, 3)], { integersBelow: 4 })],
      fn: (x) => {
        const { result, indexes } = tf.maxPoolWithArgmax(x, [...filter], strides, pad, whole) as Record<string, tf.Tensor>;
        return [result as tf.Tensor, indexes as tf.Tensor];
      },
    };
  },
  Dilation2D: dilation,
  Dilation2DBackpropInput: dilation,
  Dilation2DBackpropFilter: dilation,
};
