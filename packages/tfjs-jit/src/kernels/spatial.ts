import type { backend_util as backendUtil } from '@tensorflow/tfjs';
import { TfjsJitError } from '../errors.ts';
import { addNode, int64s } from '../onnx-graph.ts';
import type { Attributes, Graph, Value } from '../onnx-graph.ts';
import { transpose } from './shape.ts';
import { pad, slice } from './slicing.ts';

/**
 * How a filter moves over an input, one number for each spatial axis. What is in no window at either end of the input is left out of `input`
 * (`skipped`, `cut`); `after` is the padding at the end that makes the last window fit exactly, negative when less than a stride is too much.
 */
export interface Windows {
  readonly input: readonly number[];
  readonly filter: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly output: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly skipped: readonly number[];
  readonly cut: readonly number[];
}

type Info = backendUtil.Conv2DInfo | backendUtil.Conv3DInfo;

/** The windows of what tfjs computed for a convolution or pooling; `output` when the kernel was called with another size than that. */
export function windowsOf(info: Info, output?: readonly number[]): Windows {
  const spatial = {
    input: [info.inHeight, info.inWidth],
    filter: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    output: [info.outHeight, info.outWidth],
    before: [info.padInfo.top, info.padInfo.left],
  };
  if ('inDepth' in info) {
    spatial.input.unshift(info.inDepth);
    spatial.filter.unshift(info.filterDepth);
    spatial.strides.unshift(info.strideDepth);
    spatial.dilations.unshift(info.dilationDepth);
    spatial.output.unshift(info.outDepth);
    spatial.before.unshift(info.padInfo.front);
  }
  const sizes = output ?? spatial.output;
  const at = (list: readonly number[], axis: number): number => list[axis] ?? 0;
  const end = sizes.map((size, axis) => {
    const width = (at(spatial.filter, axis) - 1) * at(spatial.dilations, axis) + 1;
    return (size - 1) * at(spatial.strides, axis) + width - at(spatial.input, axis) - at(spatial.before, axis);
  });
  // tfjs centers large strides in 3d beyond the first element, and takes the height of a filter for its width with a padding given as a number.
  const skipped = spatial.before.map((size) => Math.max(-size, 0));
  const cut = end.map((size, axis) => (-size >= at(spatial.strides, axis) ? -size : 0));
  return {
    ...spatial,
    input: spatial.input.map((size, axis) => size - at(skipped, axis) - at(cut, axis)),
    output: sizes,
    before: spatial.before.map((size) => Math.max(size, 0)),
    after: end.map((size, axis) => size + at(cut, axis)),
    skipped,
    cut,
  };
}

/** The attributes that ONNX's convolutions and poolings share. A negative `after` needs none: their output sizes are rounded down. */
export function windowAttributes({ filter, strides, dilations, before, after }: Windows): Attributes {
  return {
    kernel_shape: { ints: filter },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: [...before, ...after.map((size) => Math.max(size, 0))] },
  };
}

/** Leaves out what is in no window of [batch, channels, ...spatial]. */
export function leaveOut(graph: Graph, x: Value, { skipped, input }: Windows): Value {
  return slice(graph, x, [0, 0, ...skipped], [...x.shape.slice(0, 2), ...input]);
}

/** Zeros for what leaveOut left out. */
export function putBack(graph: Graph, x: Value, { skipped, cut }: Windows): Value {
  return pad(graph, x, [[0, 0], [0, 0], ...skipped.map((size, axis) => [size, cut[axis] ?? 0] as const)], 0);
}

/** [batch, ...spatial, channels] to [batch, channels, ...spatial]. */
export function channelsFirst(graph: Graph, value: Value): Value {
  const rank = value.shape.length;
  return transpose(graph, value, [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, index) => index + 1)]);
}

/** [batch, channels, ...spatial] to [batch, ...spatial, channels]. */
export function channelsLast(graph: Graph, value: Value): Value {
  const rank = value.shape.length;
  return transpose(graph, value, [0, ...Array.from({ length: rank - 2 }, (_, index) => index + 2), 1]);
}

/** What the windows over [batch, ...spatial, channels] reach, padded with `fill`. */
export function padSpatial(graph: Graph, x: Value, { skipped, input, before, after }: Windows, fill: number): Value {
  const seen = slice(graph, x, [0, ...skipped, 0], [x.shape[0] ?? 1, ...input, x.shape.at(-1) ?? 1]);
  const paddings = before.map((size, axis) => [size, Math.max(after[axis] ?? 0, 0)] as const);
  return pad(graph, seen, [[0, 0], ...paddings, [0, 0]], fill);
}

/** All positions inside the filter, row-major. */
export function filterTaps(filter: readonly number[]): number[][] {
  return filter.reduce<number[][]>((taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, at) => [...tap, at])), [[]]);
}

/** What the element `tap` of the filter sees in every window: [batch, ...output, channels] of the padded [batch, ...spatial, channels]. */
export function seenBy(graph: Graph, padded: Value, tap: readonly number[], { strides, dilations, output }: Windows): Value {
  const axes = output.map((_, axis) => axis + 1);
  const starts = tap.map((at, axis) => at * (dilations[axis] ?? 1));
  const ends = starts.map((start, axis) => start + ((output[axis] ?? 1) - 1) * (strides[axis] ?? 1) + 1);
  const whole = axes.every((axis, index) => starts[index] === 0 && ends[index] === padded.shape[axis] && strides[index] === 1);
  if (whole) return padded;
  const shape = [padded.shape[0] ?? 1, ...output, padded.shape.at(-1) ?? 1];
  const inputs = [padded, ...[starts, ends, axes, strides].map((numbers) => int64s(graph, numbers))];
  return addNode(graph, 'Slice', inputs, { shape, type: padded.type });
}

/** Sums windows up into what they were taken from: the transpose of a convolution. `weights` is [channels, outputs / groups, ...filter]. */
export function sumWindows(graph: Graph, windows: Windows, y: Value, weights: Value, channels: number, groups: number): Value {
  const attributes = {
    ...windowAttributes(windows),
    group: { int: groups },
    output_padding: { ints: windows.after.map((size) => Math.max(-size, 0)) },
  };
  const shape = [y.shape[0] ?? 1, channels, ...windows.input];
  // WebGPU takes the node, then has no third dimension and mixes up several channels of a group.
  const mistaken = windows.filter.length > 2 || (groups > 1 && (y.shape[1] ?? 1) > groups);
  const options = { attributes, ...(mistaken && { notOn: ['webgpu'] as const }) };
  return putBack(graph, addNode(graph, 'ConvTranspose', [y, weights], { shape, type: 'float32' }, options), windows);
}

export function requireFormat(kernel: string, format: string | undefined, supported: string): void {
  if (format === undefined || format === supported) return;
  throw new TfjsJitError('unsupported-kernel', `kernel ${kernel}: data format ${format} cannot be compiled; use ${supported}`);
}
