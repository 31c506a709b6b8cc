import * as tf from '@tensorflow/tfjs';
import { bool, f32, i32 } from '../random-inputs.ts';
import type { Domain, InputSpec } from '../random-inputs.ts';
import type { Choose, KernelCases } from './kernel-case.ts';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
type CaseOf = KernelCases[string];

function unary(fn: Unary, domain: Domain = 'any'): CaseOf {
  return (choose) => ({ inputs: [f32(choose.shape(), domain)], fn });
}

/** On zeros, ones, halves and large numbers, too. */
function unarySpecial(fn: Unary): CaseOf {
  return (choose) => (choose.flag() ? { inputs: [f32(choose.shape())], fn } : { inputs: [f32([11], 'special')], fn, gradient: false });
}

/** Kernels that keep int32. */
function unaryOfAnyType(fn: Unary): CaseOf {
  return (choose) => {
    const shape = choose.shape();
    return { inputs: [choose.of([f32(shape), i32(shape, 20, -20)])], fn };
  };
}

function typed(choose: Choose, shape: readonly number[], domain: Domain): InputSpec {
  return choose.of([f32(shape, domain), f32(shape, domain), i32(shape, 9, domain === 'positive' ? 1 : -9)]);
}

function binary(fn: Binary, domain: Domain = 'any'): CaseOf {
  return (choose) => {
    const [a, b] = choose.broadcast();
    return { inputs: [typed(choose, a, domain), typed(choose, b, domain)], fn };
  };
}

function comparison(fn: Binary): CaseOf {
  return (choose) => {
    const [a, b] = choose.broadcast();
    const kind = choose.of([(shape: number[]) => i32(shape, 3), (shape: number[]) => f32(shape, { integersBelow: 3 }), bool]);
    return { inputs: [kind(a), kind(b)], fn: (x: tf.Tensor, y: tf.Tensor) => [fn(x, y), tf.cast(fn(x, y), 'float32')] };
  };
}

function logical(fn: Binary): CaseOf {
  return (choose) => {
    const [a, b] = choose.broadcast();
    return { inputs: [bool(a), bool(b)], fn };
  };
}

export const elementwiseCases: KernelCases = {
  Abs: unaryOfAnyType(tf.abs),
  Acos: unary(tf.acos, 'unit'),
  Acosh: unary((x) => tf.acosh(tf.add(x, 1)), 'positive'),
  Asin: unary(tf.asin, 'unit'),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh, 'unit'),
  Ceil: unary(tf.ceil),
  ClipByValue: unaryOfAnyType((x) => tf.clipByValue(x, -2, 1)),
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Elu: unary(tf.elu),
  EluGrad: unary(tf.elu),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  Expm1: unarySpecial(tf.expm1),
  Floor: unary(tf.floor),
  Identity: unaryOfAnyType(tf.clone),
  IsFinite: unarySpecial((x) => tf.cast(tf.isFinite(tf.div(x, tf.abs(tf.floor(x)))), 'float32')),
  IsInf: unarySpecial((x) => tf.cast(tf.isInf(tf.div(x, tf.abs(tf.floor(x)))), 'float32')),
  IsNan: unarySpecial((x) => tf.cast(tf.isNaN(tf.div(x, tf.abs(tf.floor(x)))), 'float32')),
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.1)),
  Log: unary(tf.log, 'positive'),
  Log1p: unarySpecial((x) => tf.log1p(tf.abs(x))),
  Neg: unaryOfAnyType(tf.neg),
  OnesLike: unaryOfAnyType((x) => tf.mul(x, tf.onesLike(x))),
  Prelu: (choose) => {
    const [x, alpha] = choose.broadcast();
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(x, alpha);
    return { inputs: [f32(shape), f32(alpha, 'positive')], fn: (a, b) => tf.prelu(a, b) };
  },
  Reciprocal: unary(tf.reciprocal, 'positive'),
  Relu: unaryOfAnyType(tf.relu),
  Relu6: unary((x) => tf.relu6(tf.mul(x, 3))),
  Round: unarySpecial(tf.round),
  Rsqrt: unary(tf.rsqrt, 'positive'),
  Selu: unary(tf.selu),
  Sigmoid: unary(tf.sigmoid),
  Sign: unarySpecial(tf.sign),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Softplus: unary(tf.softplus),
  Sqrt: unary(tf.sqrt, 'positive'),
  Square: unaryOfAnyType(tf.square),
  Step: unarySpecial((x) => tf.step(x, 0.25)),
  Tan: unary(tf.tan, 'unit'),
  Tanh: unary(tf.tanh),
  ZerosLike: unaryOfAnyType((x) => tf.add(x, tf.zerosLike(x))),
  Cast: (choose) => {
    const shape = choose.shape();
    const dtype = choose.of(['float32', 'int32', 'bool'] as const);
    return {
      inputs: [choose.of([f32(shape), i32(shape, 3, -3), bool(shape)])],
      fn: (x) => [tf.cast(x, dtype), tf.cast(tf.cast(x, dtype), 'float32')],
    };
  },
  LogicalNot: (choose) => ({ inputs: [bool(choose.shape())], fn: (x) => tf.logicalNot(x) }),

  Add: binary(tf.add),
  AddN: (choose) => {
    const shape = choose.shape();
    const inputs = Array.from({ length: choose.integer(1, 4) }, () => f32(shape));
    return { inputs, fn: (...all) => tf.addN(all) };
  },
  Atan2: binary(tf.atan2),
  BitwiseAnd: (choose) => {
    const shape = choose.shape();
    return { inputs: [i32(shape, 1000, -1000), i32(shape, 1000, -1000)], fn: (a, b) => tf.bitwiseAnd(a, b) };
  },
  FloorDiv: binary((a, b) => tf.cast(tf.floorDiv(a, tf.mul(b, -1)), 'float32'), 'positive'),
  Maximum: binary(tf.maximum),
  Minimum: binary(tf.minimum),
  // The remainder has the sign of the divisor.
  Mod: (choose) => {
    const [a, b] = choose.broadcast();
    const sign = choose.of([1, -1]);
    const spec = (shape: readonly number[], domain: Domain): InputSpec =>
      choose.of([f32(shape, domain), i32(shape, 20, domain === 'any' ? -20 : 1)]);
    return { inputs: [spec(a, 'any'), spec(b, 'positive')], fn: (x, y) => tf.mod(x, tf.mul(y, sign)) };
  },
  Multiply: binary(tf.mul),
  Pow: (choose) => {
    const [a, b] = choose.broadcast();
    return { inputs: [f32(a, 'positive'), f32(b)], fn: (x, y) => tf.pow(x, y) };
  },
  RealDiv: binary(tf.div, 'positive'),
  SquaredDifference: binary(tf.squaredDifference),
  Sub: binary(tf.sub),
  Equal: comparison(tf.equal),
  Greater: comparison(tf.greater),
  GreaterEqual: comparison(tf.greaterEqual),
  Less: comparison(tf.less),
  LessEqual: comparison(tf.lessEqual),
  NotEqual: comparison(tf.notEqual),
  LogicalAnd: logical(tf.logicalAnd),
  LogicalOr: logical(tf.logicalOr),
  // tfjs does not broadcast to an empty shape.
  Select: (choose) => {
    const whole = choose.shape();
    const part = whole.includes(0) ? whole : whole.slice(choose.integer(0, whole.length));
    const kind = choose.of([f32, f32, bool, (of: readonly number[]) => i32(of)]);
    return { inputs: [bool(choose.of([whole, part])), kind(whole), kind(part)], fn: (chosen, a, b) => tf.where(chosen, a, b) };
  },
};
