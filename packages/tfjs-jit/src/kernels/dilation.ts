import { backend_util as backendUtil } from '@tensorflow/tfjs';
import type { Dilation2DAttrs } from '@tensorflow/tfjs';
import { addInitializer, addNode, isEmpty, reshape, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { sizeOf } from '../tensor-spec.ts';
import { arithmetic, broadcastNode, floating } from './elementwise.ts';
import type { KernelCall, KernelTable } from './kernel.ts';
import { concat, slice } from './slicing.ts';
import { channelsFirst, channelsLast, filterTaps, padSpatial, seenBy, sumWindows, windowsOf } from './spatial.ts';
import type { Windows } from './spatial.ts';

interface Sums {
  readonly windows: Windows;
  /** For each element of the filter, the input it sees plus itself, [batch, ...output, channels]: minus infinity in the padding. */
  readonly taps: readonly Value[];
}

function sumsOf({ graph, input, attributes }: KernelCall): Sums {
  const { strides, pad, dilations } = attributes as Dilation2DAttrs;
  const [x, filter] = [floating(graph, input('x')), floating(graph, input('filter'))];
  const [height = 1, width = 1, channels = 1] = filter.shape;
  const shapes = [x.shape as [number, number, number, number], [height, width, channels] as [number, number, number]] as const;
  const windows = windowsOf(backendUtil.computeDilation2DInfo(...shapes, strides, pad, 'NHWC', dilations));
  const padded = padSpatial(graph, x, windows, -Infinity);
  const taps = filterTaps(windows.filter).map((tap) => {
    const weight = slice(graph, filter, [...tap, 0], [1, 1, channels]);
    return arithmetic(graph).binary('Add', seenBy(graph, padded, tap, windows), reshape(graph, weight, [channels]));
  });
  return { windows, taps };
}

/** The output gradient, given to the first largest sum of each window: one tensor for each element of the filter. */
function givenToLargest(call: KernelCall, { taps }: Sums): Value[] {
  const { graph, input } = call;
  const { compare, where } = arithmetic(graph);
  const dy = floating(graph, input('dy'));
  const stacked = concat(
    graph,
    taps.map((tap) => reshape(graph, tap, [1, ...tap.shape])),
    0,
  );
  const attributes = { axis: { int: 0 }, keepdims: { int: 0 } };
  const largest = addNode(graph, 'ArgMax', [stacked], { shape: dy.shape, type: 'int64' }, { attributes });
  return taps.map((_, index) => where(compare('Equal', largest, index), dy, 0));
}

function sumOverWindows(graph: Graph, value: Value): Value {
  const channels = value.shape.at(-1) ?? 1;
  const rows = reshape(graph, value, [sizeOf(value.shape) / channels, channels]);
  return addNode(graph, 'ReduceSum', [rows, addInitializer(graph, BigInt64Array.of(0n), { shape: [1], type: 'int64' })], {
    shape: [1, channels],
    type: value.type,
  });
}

export const dilationKernels: KernelTable = {
  Dilation2D: (call) => {
    const { taps } = sumsOf(call);
    return taps.reduce((largest, tap) => broadcastNode(call.graph, 'Max', [largest, tap], tap.type));
  },

  Dilation2DBackpropFilter: (call) => {
    const { graph, input } = call;
    const filter = input('filter');
    if (isEmpty(input('dy'))) return uniform(graph, filter.shape, 0, 'float32');
    const parts = givenToLargest(call, sumsOf(call)).map((part) => sumOverWindows(graph, part));
    return reshape(graph, concat(graph, parts, 0), filter.shape);
  },

  Dilation2DBackpropInput: (call) => {
    const { graph, input } = call;
    const x = input('x');
    if (isEmpty(input('dy'))) return uniform(graph, x.shape, 0, 'float32');
    const sums = sumsOf(call);
    const planes = givenToLargest(call, sums).map((part) => {
      const first = channelsFirst(graph, part);
      return reshape(graph, first, [sizeOf(first.shape.slice(0, 2)), 1, ...sums.windows.output]);
    });
    // One plane for each element of the filter, put back where that element looks.
    const count = planes.length;
    const places = Float32Array.from({ length: count * count }, (_, index) => (index % (count + 1) === 0 ? 1 : 0));
    const weights = addInitializer(graph, places, { shape: [count, 1, ...sums.windows.filter], type: 'float32' });
    const dx = sumWindows(graph, sums.windows, concat(graph, planes, 1), weights, 1, 1);
    const [batch = 1, , , channels = 1] = x.shape;
    return channelsLast(graph, reshape(graph, dx, [batch, channels, ...x.shape.slice(1, -1)]));
  },
};
