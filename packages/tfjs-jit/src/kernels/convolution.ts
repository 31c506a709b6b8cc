import { backend_util as backendUtil } from '@tensorflow/tfjs';
import type { Conv2DAttrs, Conv3DAttrs, DepthwiseConv2dNativeAttrs, FusedConv2DAttrs } from '@tensorflow/tfjs';
import { addNode, isEmpty, reshape, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { activateWithBias } from './activation.ts';
import { floating } from './elementwise.ts';
import type { KernelCall, KernelTable } from './kernel.ts';
import { transpose } from './shape.ts';
import { channelsFirst, channelsLast, leaveOut, requireFormat, windowAttributes, windowsOf } from './spatial.ts';
import type { Windows } from './spatial.ts';

type Shape4 = [number, number, number, number];
type Shape5 = [number, number, number, number, number];

/** [...filter, inputs, outputs] to ONNX's [outputs, inputs, ...filter]. */
export function filterOutputsFirst(graph: Graph, filter: Value): Value {
  const rank = filter.shape.length;
  return transpose(graph, filter, [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, axis) => axis)]);
}

/** [height, width, inputs, multiplier] to [inputs * multiplier, 1, height, width]: each input channel is a group of its own. */
export function depthwiseFilter(graph: Graph, filter: Value): Value {
  const [height = 1, width = 1, inputs = 1, multiplier = 1] = filter.shape;
  return reshape(graph, transpose(graph, filter, [2, 3, 0, 1]), [inputs * multiplier, 1, height, width]);
}

function convolve(graph: Graph, windows: Windows, x: Value, weights: Value, groups: number): Value {
  const shape = [x.shape[0] ?? 1, weights.shape[0] ?? 1, ...windows.output];
  if (isEmpty(x) || isEmpty(weights)) return uniform(graph, shape, 0, 'float32');
  const attributes = { ...windowAttributes(windows), group: { int: groups } };
  // WebGPU overlooks padding at the end when the filter is as large as the image.
  const mistaken = windows.filter.every((size, axis) => size === windows.input[axis]) && windows.after.some((size) => size > 0);
  const options = { attributes, ...(mistaken && { notOn: ['webgpu'] as const }) };
  return addNode(graph, 'Conv', [leaveOut(graph, x, windows), weights], { shape, type: 'float32' }, options);
}

function conv2d({ graph, input, attributes }: KernelCall): Value {
  const [x, filter] = [floating(graph, input('x')), floating(graph, input('filter'))];
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = attributes as Conv2DAttrs;
  const format = backendUtil.convertConv2DDataFormat(dataFormat);
  const shape = x.shape as Shape4;
  const info = backendUtil.computeConv2DInfo(shape, filter.shape as Shape4, strides, dilations, pad, dimRoundingMode, false, format);
  const weights = filterOutputsFirst(graph, filter);
  if (format === 'channelsFirst') return convolve(graph, windowsOf(info), x, weights, 1);
  return channelsLast(graph, convolve(graph, windowsOf(info), channelsFirst(graph, x), weights, 1));
}

function depthwiseConv2d({ graph, name, input, attributes }: KernelCall): Value {
  const [x, filter] = [floating(graph, input('x')), floating(graph, input('filter'))];
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = attributes as DepthwiseConv2dNativeAttrs;
  requireFormat(name, dataFormat, 'NHWC');
  const shapes = [x.shape as Shape4, filter.shape as Shape4] as const;
  const info = backendUtil.computeConv2DInfo(...shapes, strides, dilations ?? [1, 1], pad, dimRoundingMode, true);
  const y = convolve(graph, windowsOf(info), channelsFirst(graph, x), depthwiseFilter(graph, filter), info.inChannels);
  return channelsLast(graph, y);
}

export const convolutionKernels: KernelTable = {
  Conv2D: conv2d,
  DepthwiseConv2dNative: depthwiseConv2d,

  Conv3D: ({ graph, name, input, attributes }) => {
    const [x, filter] = [floating(graph, input('x')), floating(graph, input('filter'))];
    const { strides, pad, dilations, dataFormat } = attributes as Conv3DAttrs;
    requireFormat(name, dataFormat, 'NDHWC');
    const info = backendUtil.computeConv3DInfo(x.shape as Shape5, filter.shape as Shape5, strides, dilations, pad);
    return channelsLast(graph, convolve(graph, windowsOf(info), channelsFirst(graph, x), filterOutputsFirst(graph, filter), 1));
  },

  FusedConv2D: (call) => {
    const { dataFormat } = call.attributes as FusedConv2DAttrs;
    return activateWithBias(call, conv2d(call), dataFormat === 'NCHW' ? 1 : -1);
  },
  FusedDepthwiseConv2D: (call) => activateWithBias(call, depthwiseConv2d(call), -1),
};
