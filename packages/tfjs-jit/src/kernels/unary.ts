import type { ClipByValueAttrs, CastAttrs } from '@tensorflow/tfjs';
import { addNode, cast, scalar } from '../onnx-graph.ts';
import type { AddNodeOptions } from '../onnx-graph.ts';
import { asTensorType } from '../tensor-spec.ts';
import { arithmetic, floating, numeric, unary } from './elementwise.ts';
import type { Kernel, KernelTable } from './kernel.ts';

/** Kernels that tfjs computes in float32 whatever the input type. */
function floatUnary(operator: string, options: AddNodeOptions = {}): Kernel {
  return ({ graph, input }) => unary(graph, operator, floating(graph, input('x')), options);
}

/** WebGPU's shading language allows errors of 1e-4 in these. */
const imprecise: AddNodeOptions = { notOn: ['webgpu'] };

/** Kernels that keep int32. */
function numericUnary(operator: string): Kernel {
  return ({ graph, input }) => {
    const x = input('x');
    return cast(graph, unary(graph, operator, numeric(graph, x)), x.type);
  };
}

/** Kernels that change nothing in integers. */
function rounding(operator: string): Kernel {
  return ({ graph, input }) => {
    const x = input('x');
    return x.type === 'float32' ? unary(graph, operator, x) : x;
  };
}

const reciprocal: Kernel = ({ graph, input }) => unary(graph, 'Reciprocal', floating(graph, input('x')));

export const unaryKernels: KernelTable = {
  Abs: numericUnary('Abs'),
  Acos: floatUnary('Acos', imprecise),
  Acosh: floatUnary('Acosh'),
  Asin: floatUnary('Asin', imprecise),
  Asinh: floatUnary('Asinh'),
  Atan: floatUnary('Atan'),
  Atanh: floatUnary('Atanh'),
  Ceil: rounding('Ceil'),
  Cos: floatUnary('Cos'),
  Cosh: floatUnary('Cosh'),
  Erf: floatUnary('Erf'),
  Exp: floatUnary('Exp'),
  Floor: rounding('Floor'),
  Log: floatUnary('Log'),
  Neg: numericUnary('Neg'),
  Reciprocal: reciprocal,
  Round: rounding('Round'),
  Sign: numericUnary('Sign'),
  Sin: floatUnary('Sin'),
  Sinh: floatUnary('Sinh'),
  Sqrt: floatUnary('Sqrt'),
  Tan: floatUnary('Tan'),

  Identity: ({ input }) => input('x'),

  Cast: ({ graph, input, name, attributes }) => cast(graph, input('x'), asTensorType((attributes as CastAttrs).dtype, `kernel ${name}`)),

  Rsqrt: ({ graph, input }) => unary(graph, 'Reciprocal', unary(graph, 'Sqrt', floating(graph, input('x')))),

  Square: ({ graph, input }) => {
    const x = numeric(graph, input('x'));
    return arithmetic(graph).binary('Mul', x, x);
  },

  // tanh(x / 2) (exp(x) + 1) = exp(x) - 1, without the cancellation near 0.
  Expm1: ({ graph, input }) => {
    const { binary, unary: apply } = arithmetic(graph);
    const x = floating(graph, input('x'));
    return binary('Mul', apply('Tanh', binary('Mul', x, 0.5)), binary('Add', apply('Exp', x), 1));
  },

  // With u = 1 + x rounded, log(u) x / (u - 1) corrects for the rounding; u = 1 and u = x are the ends where that is 0/0 or inf/inf.
  Log1p: ({ graph, input }) => {
    const { binary, compare, where, unary: apply } = arithmetic(graph);
    const x = floating(graph, input('x'));
    const u = binary('Add', x, 1);
    const log = apply('Log', u);
    const corrected = binary('Mul', log, binary('Div', x, binary('Sub', u, 1)));
    return where(compare('Equal', u, 1), x, where(compare('Equal', u, x), log, corrected));
  },

  ClipByValue: ({ graph, input, attributes }) => {
    const { clipValueMin, clipValueMax } = attributes as ClipByValueAttrs;
    const x = numeric(graph, input('x'));
    return addNode(graph, 'Clip', [x, scalar(graph, clipValueMin, x.type), scalar(graph, clipValueMax, x.type)], x);
  },

  IsFinite: ({ graph, input }) => {
    const { compare, unary: apply } = arithmetic(graph);
    return compare('LessOrEqual', apply('Abs', floating(graph, input('x'))), 3.4028234663852886e38);
  },
  IsInf: ({ graph, input }) => {
    const { compare, unary: apply } = arithmetic(graph);
    return compare('Equal', apply('Abs', floating(graph, input('x'))), Infinity);
  },
  IsNan: ({ graph, input }) => addNode(graph, 'IsNaN', [floating(graph, input('x'))], { shape: input('x').shape, type: 'bool' }),

  LogicalNot: ({ graph, input }) => addNode(graph, 'Not', [cast(graph, input('x'), 'bool')], { shape: input('x').shape, type: 'bool' }),
};
