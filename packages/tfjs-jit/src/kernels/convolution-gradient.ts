import { backend_util as backendUtil } from '@tensorflow/tfjs';
import type {
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropInputAttrs,
  Conv3DBackpropFilterV2Attrs,
  Conv3DBackpropInputV2Attrs,
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInputAttrs,
} from '@tensorflow/tfjs';
import { addNode, int64s, isEmpty, reshape, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { sizeOf } from '../tensor-spec.ts';
import { depthwiseFilter, filterOutputsFirst } from './convolution.ts';
import { arithmetic, floating } from './elementwise.ts';
import type { KernelTable } from './kernel.ts';
import { matmul } from './matmul.ts';
import { concat } from './slicing.ts';
import { channelsFirst, channelsLast, filterTaps, padSpatial, putBack, seenBy, sumWindows, windowsOf } from './spatial.ts';
import type { Windows } from './spatial.ts';

type Shape4 = [number, number, number, number];
type Shape5 = [number, number, number, number, number];

/** By the input [batch, channels, ...spatial], of an output gradient in that order. */
function byInput(graph: Graph, windows: Windows, dy: Value, weights: Value, channels: number, groups: number): Value {
  if (!isEmpty(dy) && !isEmpty(weights)) return sumWindows(graph, windows, dy, weights, channels, groups);
  return putBack(graph, uniform(graph, [dy.shape[0] ?? 1, channels, ...windows.input], 0, 'float32'), windows);
}

/** By the filter: for each of its elements, what it saw times the output gradient, summed over batch and windows. All channels last. */
function byFilter(graph: Graph, windows: Windows, x: Value, dy: Value, shape: readonly number[], depthwise: boolean): Value {
  if (isEmpty(x) || isEmpty(dy)) return uniform(graph, shape, 0, 'float32');
  const { binary } = arithmetic(graph);
  const rows = sizeOf(dy.shape.slice(0, -1));
  const [inputs, outputs] = [x.shape.at(-1) ?? 1, shape.at(-1) ?? 1];
  const padded = padSpatial(graph, x, windows, 0);
  const gradient = reshape(graph, dy, depthwise ? [rows, inputs, outputs] : [rows, outputs]);
  const taps = filterTaps(windows.filter).map((tap) => {
    const seen = reshape(graph, seenBy(graph, padded, tap, windows), depthwise ? [rows, inputs, 1] : [rows, inputs]);
    if (!depthwise) return matmul(graph, seen, gradient, true, false);
    const product = binary('Mul', seen, gradient);
    const spec = { shape: [inputs, outputs], type: product.type };
    return addNode(graph, 'ReduceSum', [product, int64s(graph, [0])], spec, { attributes: { keepdims: { int: 0 } } });
  });
  return reshape(graph, concat(graph, taps, 0), shape);
}

export const convolutionGradientKernels: KernelTable = {
  Conv2DBackpropInput: ({ graph, input, attributes }) => {
    const [dy, filter] = [floating(graph, input('dy')), floating(graph, input('filter'))];
    const { inputShape, strides, pad, dataFormat, dimRoundingMode } = attributes as Conv2DBackpropInputAttrs;
    const format = backendUtil.convertConv2DDataFormat(dataFormat);
    const first = format === 'channelsFirst';
    const info = backendUtil.computeConv2DInfo(inputShape, filter.shape as Shape4, strides, 1, pad, dimRoundingMode, false, format);
    const windows = windowsOf(info, first ? dy.shape.slice(2) : dy.shape.slice(1, -1));
    const dx = byInput(graph, windows, first ? dy : channelsFirst(graph, dy), filterOutputsFirst(graph, filter), info.inChannels, 1);
    return first ? dx : channelsLast(graph, dx);
  },

  Conv2DBackpropFilter: ({ graph, input, attributes }) => {
    const [x, dy] = [floating(graph, input('x')), floating(graph, input('dy'))];
    const { filterShape, strides, pad, dataFormat, dimRoundingMode } = attributes as Conv2DBackpropFilterAttrs;
    const format = backendUtil.convertConv2DDataFormat(dataFormat);
    const info = backendUtil.computeConv2DInfo(x.shape as Shape4, filterShape, strides, 1, pad, dimRoundingMode, false, format);
    const last = format === 'channelsLast';
    const windows = windowsOf(info, last ? dy.shape.slice(1, -1) : dy.shape.slice(2));
    const [images, gradient] = [x, dy].map((value) => (last ? value : channelsLast(graph, value))) as [Value, Value];
    return byFilter(graph, windows, images, gradient, filterShape, false);
  },

  Conv3DBackpropInputV2: ({ graph, input, attributes }) => {
    const [dy, filter] = [floating(graph, input('dy')), floating(graph, input('filter'))];
    const { inputShape, strides, pad } = attributes as Conv3DBackpropInputV2Attrs;
    const info = backendUtil.computeConv3DInfo(inputShape, filter.shape as Shape5, strides, 1, pad);
    const weights = filterOutputsFirst(graph, filter);
    return channelsLast(graph, byInput(graph, windowsOf(info), channelsFirst(graph, dy), weights, info.inChannels, 1));
  },

  Conv3DBackpropFilterV2: ({ graph, input, attributes }) => {
    const [x, dy] = [floating(graph, input('x')), floating(graph, input('dy'))];
    const { filterShape, strides, pad } = attributes as Conv3DBackpropFilterV2Attrs;
    const info = backendUtil.computeConv3DInfo(x.shape as Shape5, filterShape, strides, 1, pad);
    return byFilter(graph, windowsOf(info), x, dy, filterShape, false);
  },

  DepthwiseConv2dNativeBackpropInput: ({ graph, input, attributes }) => {
    const [dy, filter] = [floating(graph, input('dy')), floating(graph, input('filter'))];
    const { inputShape, strides, pad, dilations, dimRoundingMode } = attributes as DepthwiseConv2dNativeBackpropInputAttrs;
    const info = backendUtil.computeConv2DInfo(inputShape, filter.shape as Shape4, strides, dilations, pad, dimRoundingMode, true);
    const weights = depthwiseFilter(graph, filter);
    return channelsLast(graph, byInput(graph, windowsOf(info), channelsFirst(graph, dy), weights, info.inChannels, info.inChannels));
  },

  DepthwiseConv2dNativeBackpropFilter: ({ graph, input, attributes }) => {
    const [x, dy] = [floating(graph, input('x')), floating(graph, input('dy'))];
    const { filterShape, strides, pad, dilations, dimRoundingMode } = attributes as DepthwiseConv2dNativeBackpropFilterAttrs;
    const info = backendUtil.computeConv2DInfo(x.shape as Shape4, filterShape, strides, dilations, pad, dimRoundingMode, true);
    return byFilter(graph, windowsOf(info), x, dy, filterShape, true);
  },
};
