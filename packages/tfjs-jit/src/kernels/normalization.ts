import type { FusedBatchNormAttrs, LRNAttrs } from '@tensorflow/tfjs';
import { addNode, isEmpty, reshape } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { sizeOf } from '../tensor-spec.ts';
import { arithmetic, floating } from './elementwise.ts';
import type { KernelTable } from './kernel.ts';

/** Along the last axis, the sum of each element and its `radius` neighbours on both sides. */
function neighbourSum(graph: Graph, x: Value, radius: number): Value {
  if (radius === 0 || isEmpty(x)) return x;
  const width = 2 * radius + 1;
  const channels = x.shape.at(-1) ?? 1;
  const rows = reshape(graph, x, [sizeOf(x.shape) / channels, 1, channels]);
  const attributes = { kernel_shape: { ints: [width] }, pads: { ints: [radius, radius] }, count_include_pad: { int: 1 } };
  const mean = addNode(graph, 'AveragePool', [rows], rows, { attributes });
  return reshape(graph, arithmetic(graph).binary('Mul', mean, width), x.shape);
}

/** What LRN divides by, before it is raised to `beta`. */
function localNorm(graph: Graph, x: Value, { depthRadius, bias, alpha }: LRNAttrs): Value {
  const { binary } = arithmetic(graph);
  return binary('Add', binary('Mul', neighbourSum(graph, binary('Mul', x, x), depthRadius), alpha), bias);
}

export const normalizationKernels: KernelTable = {
  LRN: ({ graph, input, attributes }) => {
    const { binary } = arithmetic(graph);
    const x = floating(graph, input('x'));
    const local = attributes as LRNAttrs;
    return binary('Mul', x, binary('Pow', localNorm(graph, x, local), -local.beta));
  },

  // Each element acts through its own output and through the norms of its neighbours.
  LRNGrad: ({ graph, input, attributes }) => {
    const { binary } = arithmetic(graph);
    const [x, y, dy] = [input('x'), input('y'), input('dy')];
    const local = attributes as LRNAttrs;
    const norm = localNorm(graph, x, local);
    const own = binary('Mul', dy, binary('Pow', norm, -local.beta));
    const shared = neighbourSum(graph, binary('Div', binary('Mul', dy, y), norm), local.depthRadius);
    return binary('Sub', own, binary('Mul', binary('Mul', x, shared), 2 * local.alpha * local.beta));
  },

  FusedBatchNorm: ({ graph, input, optional, attributes }) => {
    const { binary, unary } = arithmetic(graph);
    const { varianceEpsilon } = attributes as FusedBatchNormAttrs;
    const [x, mean, variance] = [input('x'), input('mean'), input('variance')].map((value) => floating(graph, value)) as [
      Value,
      Value,
      Value,
    ];
    const [scale, offset] = [optional('scale'), optional('offset')];
    const deviation = unary('Sqrt', binary('Add', variance, varianceEpsilon ?? 0.001));
    const centred = binary('Sub', x, mean);
    const scaled = scale === undefined ? centred : binary('Mul', centred, floating(graph, scale));
    const divided = binary('Div', scaled, deviation);
    return offset === undefined ? divided : binary('Add', divided, floating(graph, offset));
  },
};
