import { backend_util as backendUtil } from '@tensorflow/tfjs';
import type { AvgPool3DAttrs, AvgPoolAttrs, MaxPoolWithArgmaxAttrs } from '@tensorflow/tfjs';
import { TfjsJitError } from '../errors.ts';
import { addInitializer, addNode, appendNode, cast, isEmpty, newValue, reshape, uniform } from '../onnx-graph.ts';
import type { Attributes, Graph, Value } from '../onnx-graph.ts';
import { sizeOf } from '../tensor-spec.ts';
import { arithmetic, floating } from './elementwise.ts';
import type { Kernel, KernelCall, KernelTable } from './kernel.ts';
import { channelsFirst, channelsLast, leaveOut, putBack, requireFormat, sumWindows, windowAttributes, windowsOf } from './spatial.ts';
import type { Windows } from './spatial.ts';

type Shape4 = [number, number, number, number];
type Shape5 = [number, number, number, number, number];

/** The windows over `shape`, [batch, ...spatial, channels]; `output` as in windowsOf. */
function poolWindows({ name, attributes }: KernelCall, shape: readonly number[], output?: readonly number[]): Windows {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as AvgPoolAttrs;
  if (shape.length === 5) {
    requireFormat(name, (attributes as AvgPool3DAttrs).dataFormat, 'NDHWC');
    return windowsOf(
      backendUtil.computePool3DInfo(shape as Shape5, filterSize as number, strides as number, 1, pad as number, dimRoundingMode),
      output,
    );
  }
  return windowsOf(backendUtil.computePool2DInfo(shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode), output);
}

/** ONNX takes no padding as large as the filter. */
function poolAttributes(name: string, windows: Windows): Attributes {
  const fits = windows.filter.every((size, axis) => (windows.before[axis] ?? 0) < size && (windows.after[axis] ?? 0) < size);
  // tfjs pools without dilations.
  const { dilations: _, ...attributes } = windowAttributes(windows);
  if (fits) return attributes;
  throw new TfjsJitError('unsupported-kernel', `kernel ${name}: padding as large as the window cannot be compiled; pad the input before`);
}

function pool(operator: 'AveragePool' | 'MaxPool'): Kernel {
  return (call) => {
    const { graph, name, input } = call;
    const x = input('x');
    const windows = poolWindows(call, x.shape);
    const first = leaveOut(graph, channelsFirst(graph, floating(graph, x)), windows);
    const spec = { shape: [...first.shape.slice(0, 2), ...windows.output], type: first.type };
    const attributes = poolAttributes(name, windows);
    const pooled = cast(graph, channelsLast(graph, addNode(graph, operator, [first], spec, { attributes })), x.type);
    return x.shape.length === 5 ? floating(graph, pooled) : pooled;
  };
}

interface Maxima {
  readonly values: Value;
  /** Positions in the whole [batch, channels, ...spatial] tensor, int64; of equal maxima the first. */
  readonly positions: Value;
}

/** The maxima of [batch, channels, ...spatial]. */
function maxima(graph: Graph, name: string, x: Value, windows: Windows): Maxima {
  const shape = [...x.shape.slice(0, 2), ...windows.output];
  const [values, positions] = [newValue(graph, { shape, type: x.type }), newValue(graph, { shape, type: 'int64' })];
  // WebGPU takes the node and then has no positions.
  const options = { attributes: poolAttributes(name, windows), notOn: ['webgpu'] } as const;
  if (!isEmpty(values)) appendNode(graph, 'MaxPool', [x], [values, positions], options);
  return { values, positions };
}

const maxPoolGradient: Kernel = (call) => {
  const { graph, name, input } = call;
  const [dy, x] = [floating(graph, input('dy')), floating(graph, input('input'))];
  if (isEmpty(x) || isEmpty(dy)) return uniform(graph, x.shape, 0, 'float32');
  const windows = poolWindows(call, x.shape, dy.shape.slice(1, -1));
  const first = leaveOut(graph, channelsFirst(graph, x), windows);
  const { positions } = maxima(graph, name, first, windows);
  const zeros = uniform(graph, [sizeOf(first.shape)], 0, 'float32');
  const size = [sizeOf(dy.shape)];
  // Windows may overlap: their gradients add up, on one thread (see scatterAdd).
  const summed = addNode(
    graph,
    'ScatterElements',
    [zeros, reshape(graph, positions, size), reshape(graph, channelsFirst(graph, dy), size)],
    zeros,
    { attributes: { axis: { int: 0 }, reduction: { string: 'add' } } },
  );
  return channelsLast(graph, putBack(graph, reshape(graph, summed, first.shape), windows));
};

/** As tfjs does, every element of a window gets the same share, also where the window reaches into the padding. */
const averagePoolGradient: Kernel = (call) => {
  const { graph, input } = call;
  const [dy, x] = [floating(graph, input('dy')), input('input')];
  if (isEmpty(x) || isEmpty(dy)) return uniform(graph, x.shape, 0, 'float32');
  const windows = poolWindows(call, x.shape, dy.shape.slice(1, -1));
  const first = channelsFirst(graph, dy);
  const planes = reshape(graph, first, [sizeOf(first.shape.slice(0, 2)), 1, ...windows.output]);
  const size = sizeOf(windows.filter);
  const shares = addInitializer(graph, new Float32Array(size).fill(1 / size), { shape: [1, 1, ...windows.filter], type: 'float32' });
  const dx = sumWindows(graph, windows, planes, shares, 1, 1);
  return channelsLast(graph, reshape(graph, dx, [...first.shape.slice(0, 2), ...x.shape.slice(1, -1)]));
};

export const poolingKernels: KernelTable = {
  AvgPool: pool('AveragePool'),
  AvgPool3D: pool('AveragePool'),
  MaxPool: pool('MaxPool'),
  MaxPool3D: pool('MaxPool'),
  AvgPoolGrad: averagePoolGradient,
  AvgPool3DGrad: averagePoolGradient,
  MaxPoolGrad: maxPoolGradient,
  MaxPool3DGrad: maxPoolGradient,

  // tfjs counts positions in [batch, height, width, channels], from the start of each image or of the batch.
  MaxPoolWithArgmax: (call) => {
    const { graph, name, input, attributes } = call;
    const { binary } = arithmetic(graph);
    const x = input('x');
    const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
    const windows = poolWindows(call, x.shape);
    const reached = leaveOut(graph, channelsFirst(graph, floating(graph, x)), windows);
    if (reached.shape[2] !== height || reached.shape[3] !== width) {
      throw new TfjsJitError('unsupported-kernel', `kernel ${name}: this padding cannot be compiled; use 'same' or 'valid'`);
    }
    const found = maxima(graph, name, reached, windows);
    const values = cast(graph, channelsLast(graph, found.values), x.type);
    const counted = (length: number, shape: readonly number[], step: number): Value => {
      const numbers = BigInt64Array.from({ length }, (_, index) => BigInt(index * step));
      return addInitializer(graph, numbers, { shape, type: 'int64' });
    };
    const pixels = binary('Mod', channelsLast(graph, found.positions), height * width);
    let positions = binary('Add', binary('Mul', pixels, channels), counted(channels, [channels], 1));
    if ((attributes as MaxPoolWithArgmaxAttrs).includeBatchInIndex) {
      positions = binary('Add', positions, counted(batch, [batch, 1, 1, 1], height * width * channels));
    }
    return [values, cast(graph, positions, 'int32')];
  },
};
