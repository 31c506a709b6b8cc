import type { _FusedMatMulAttrs, LeakyReluAttrs, LogSoftmaxAttrs, SoftmaxAttrs, StepAttrs } from '@tensorflow/tfjs';
import { TfjsJitError } from '../errors.ts';
import { addNode, reshape } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { arithmetic, broadcastNode, floating, numeric, unary } from './elementwise.ts';
import type { Kernel, KernelCall, KernelTable } from './kernel.ts';

function prelu(graph: Graph, x: Value, alpha: Value): Value {
  const { binary, compare, where } = arithmetic(graph);
  return where(compare('GreaterOrEqual', x, 0), x, binary('Mul', x, alpha));
}

/** The activations of tfjs's fused kernels and of its own ones. */
function activate(graph: Graph, activation: string, x: Value, leakyreluAlpha = 0.2): Value | undefined {
  const { binary } = arithmetic(graph);
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return unary(graph, 'Relu', x);
    case 'relu6':
      return binary('Min', unary(graph, 'Relu', x), 6);
    case 'elu':
      return unary(graph, 'Elu', floating(graph, x));
    case 'leakyrelu':
      return unary(graph, 'LeakyRelu', floating(graph, x), { attributes: { alpha: { float: leakyreluAlpha } } });
    case 'sigmoid':
      return unary(graph, 'Sigmoid', floating(graph, x));
    default:
      return undefined;
  }
}

/** The end of a fused kernel: bias and activation. A bias or slope of rank 1 runs along `channelAxis`: the last (-1), or 1 of 4. */
export function activateWithBias({ graph, name, optional, attributes }: KernelCall, plain: Value, channelAxis: -1 | 1): Value {
  const { activation = 'linear', leakyreluAlpha } = attributes as Partial<_FusedMatMulAttrs>;
  const aligned = (value: Value): Value =>
    channelAxis === 1 && value.shape.length === 1 ? reshape(graph, value, [value.shape[0] ?? 1, 1, 1]) : value;
  const [bias, slope] = [optional('bias'), optional('preluActivationWeights')];
  const sum = bias === undefined ? plain : broadcastNode(graph, 'Add', [plain, aligned(floating(graph, bias))], 'float32');
  const activated =
    activation === 'prelu' && slope !== undefined ? prelu(graph, sum, aligned(slope)) : activate(graph, activation, sum, leakyreluAlpha);
  if (activated !== undefined) return activated;
  throw new TfjsJitError('unsupported-kernel', `kernel ${name}: activation ${activation} cannot be compiled; apply it after the call`);
}

function activationKernel(name: string): Kernel {
  return ({ graph, input }) => {
    const x = numeric(graph, input('x'));
    return activate(graph, name, x) ?? x;
  };
}

function floatActivation(operator: string): Kernel {
  return ({ graph, input }) => unary(graph, operator, floating(graph, input('x')));
}

function softmax(operator: string, axisOf: (attributes: unknown) => number): Kernel {
  return ({ graph, input, attributes }) => {
    const logits = floating(graph, input('logits'));
    return addNode(graph, operator, [logits], logits, { attributes: { axis: { int: axisOf(attributes) } } });
  };
}

export const activationKernels: KernelTable = {
  Elu: activationKernel('elu'),
  Relu: activationKernel('relu'),
  Relu6: activationKernel('relu6'),
  Sigmoid: activationKernel('sigmoid'),
  Selu: floatActivation('Selu'),
  Softplus: floatActivation('Softplus'),
  Tanh: floatActivation('Tanh'),

  LeakyRelu: ({ graph, input, attributes }) =>
    unary(graph, 'LeakyRelu', floating(graph, input('x')), { attributes: { alpha: { float: (attributes as LeakyReluAttrs).alpha } } }),

  Prelu: ({ graph, input }) => prelu(graph, floating(graph, input('x')), input('alpha')),

  // `y` is Elu's output.
  EluGrad: ({ graph, input }) => {
    const { binary, compare, where } = arithmetic(graph);
    const [dy, y] = [input('dy'), input('y')];
    return where(compare('GreaterOrEqual', y, 0), dy, binary('Mul', dy, binary('Add', y, 1)));
  },

  Step: ({ graph, input, attributes }) => {
    const { compare, where } = arithmetic(graph);
    const x = floating(graph, input('x'));
    const step = where(compare('Greater', x, 0), 1, (attributes as StepAttrs).alpha);
    const isNan = addNode(graph, 'IsNaN', [x], { shape: x.shape, type: 'bool' });
    return broadcastNode(graph, 'Where', [isNan, x, step], 'float32');
  },

  Softmax: softmax('Softmax', (attributes) => (attributes as SoftmaxAttrs).dim),
  LogSoftmax: softmax('LogSoftmax', (attributes) => (attributes as LogSoftmaxAttrs).axis),
};
