import { describe, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { bool, expectSameAsCpu, f32, i32 } from './against-cpu.ts';
import type { Domain } from './against-cpu.ts';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const smooth: Record<string, readonly [Unary, Domain?]> = {
  Abs: [tf.abs],
  Acos: [tf.acos, 'unit'],
  Asin: [tf.asin, 'unit'],
  Asinh: [tf.asinh],
  Atan: [tf.atan],
  Atanh: [tf.atanh, 'unit'],
  Ceil: [tf.ceil],
  ClipByValue: [(x) => tf.clipByValue(x, -0.5, 1.25)],
  Cos: [tf.cos],
  Cosh: [tf.cosh],
  Elu: [tf.elu],
  Erf: [tf.erf],
  Exp: [tf.exp],
  Expm1: [tf.expm1],
  Floor: [tf.floor],
  Identity: [tf.clone],
  LeakyRelu: [(x) => tf.leakyRelu(x, 0.1)],
  Log: [tf.log, 'positive'],
  Log1p: [tf.log1p, 'positive'],
  Neg: [tf.neg],
  OnesLike: [(x) => tf.mul(x, tf.onesLike(x))],
  Reciprocal: [tf.reciprocal, 'positive'],
  Relu: [tf.relu],
  Relu6: [tf.relu6],
  Round: [tf.round],
  Rsqrt: [tf.rsqrt, 'positive'],
  Selu: [tf.selu],
  Sigmoid: [tf.sigmoid],
  Sign: [tf.sign],
  Sin: [tf.sin],
  Sinh: [tf.sinh],
  Softplus: [tf.softplus],
  Sqrt: [tf.sqrt, 'positive'],
  Square: [tf.square],
  Step: [(x) => tf.step(x, 0.25)],
  Tan: [tf.tan, 'unit'],
  Tanh: [tf.tanh],
  ZerosLike: [(x) => tf.add(x, tf.zerosLike(x))],
};

describe('elementwise kernels of one input equal the cpu backend, with their gradients', () => {
  for (const [name, [fn, domain]] of Object.entries(smooth)) {
    test(name, async () => {
      await expectSameAsCpu(
        (a, b, c, d) => [a, b, c, d].map((x) => fn(x as tf.Tensor)),
        [f32([2, 3, 2], domain), f32([1], domain), f32([], domain), f32([0, 2], domain)],
      );
    });
  }
});

describe('at zeros, ones, halves and large numbers', () => {
  for (const [name, fn] of Object.entries({
    Expm1: tf.expm1,
    Log1p: (x: tf.Tensor) => tf.log1p(tf.abs(x)),
    Round: tf.round,
    Sign: tf.sign,
    Step: tf.step,
  })) {
    test(name, () => expectSameAsCpu((x) => fn(x as tf.Tensor), [f32([11], 'special')], { gradient: false }));
  }
  test('IsNan, IsInf and IsFinite', () =>
    expectSameAsCpu(
      (x) => {
        const mixed = tf.concat([tf.div(x, 0), tf.mul(x, 1)]);
        return [tf.isNaN(mixed), tf.isInf(mixed), tf.isFinite(mixed)];
      },
      [f32([11], 'special')],
      { gradient: false },
    ));
});

const broadcasts: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [
    [4, 1, 3],
    [2, 1],
  ],
  [[], [5]],
  [[1], [3, 1]],
  [
    [3, 0],
    [1, 1],
  ],
];

const arithmetic: Record<string, readonly [Binary, Domain?]> = {
  Add: [tf.add],
  Sub: [tf.sub],
  Multiply: [tf.mul],
  RealDiv: [tf.div, 'positive'],
  Maximum: [tf.maximum],
  Minimum: [tf.minimum],
  Pow: [tf.pow, 'positive'],
  SquaredDifference: [tf.squaredDifference],
  Mod: [tf.mod, 'positive'],
};

// tfjs itself has no gradient of these through a broadcast, and of none through one without elements.
const withoutBroadcastGradient = new Set(['Maximum', 'Minimum', 'SquaredDifference']);

const comparisons: Record<string, Binary> = {
  Equal: tf.equal,
  NotEqual: tf.notEqual,
  Greater: tf.greater,
  GreaterEqual: tf.greaterEqual,
  Less: tf.less,
  LessEqual: tf.lessEqual,
};

describe('elementwise kernels of two inputs equal the cpu backend, broadcast', () => {
  for (const [name, [fn, domain]] of Object.entries(arithmetic)) {
    for (const [a, b] of broadcasts) {
      test(`${name} of [${a}] and [${b}]`, () =>
        expectSameAsCpu((x, y) => fn(x as tf.Tensor, y as tf.Tensor), [f32(a, domain), f32(b, domain)], {
          gradient: !a.includes(0) && (!withoutBroadcastGradient.has(name) || a.length === b.length),
        }));
    }
  }
  for (const [name, fn] of Object.entries(comparisons)) {
    test(name, () =>
      expectSameAsCpu(
        (...inputs) => [0, 2, 4].map((index) => fn(inputs[index] as tf.Tensor, inputs[index + 1] as tf.Tensor)),
        [i32([3, 4], 3), i32([4], 3), f32([3, 1], { integersBelow: 3 }), f32([1, 3], { integersBelow: 3 }), bool([2, 3]), bool([3])],
        { gradient: false },
      ),
    );
  }
});

describe('integers and booleans', () => {
  test('int32 arithmetic, with negative numbers', () =>
    expectSameAsCpu(
      (a, b, c) => [
        tf.add(a as tf.Tensor, b as tf.Tensor),
        tf.sub(a as tf.Tensor, b as tf.Tensor),
        tf.mul(a as tf.Tensor, b as tf.Tensor),
        tf.maximum(a as tf.Tensor, b as tf.Tensor),
        tf.floorDiv(a as tf.Tensor, c as tf.Tensor),
        tf.div(a as tf.Tensor, c as tf.Tensor),
        tf.mod(a as tf.Tensor, c as tf.Tensor),
        tf.abs(a as tf.Tensor),
        tf.neg(a as tf.Tensor),
        tf.square(a as tf.Tensor),
        tf.relu(a as tf.Tensor),
        tf.sign(a as tf.Tensor),
        tf.clipByValue(a as tf.Tensor, -2, 5),
      ],
      [i32([4, 6], 20, -20), i32([6], 20, -20), i32([4, 1], 9, 1)],
      { gradient: false },
    ));
  test('the remainder has the sign of a negative divisor', () =>
    expectSameAsCpu(
      (a, b) => [tf.mod(a as tf.Tensor, tf.neg(b as tf.Tensor)), tf.floorDiv(a as tf.Tensor, tf.neg(b as tf.Tensor))],
      [i32([20], 20, -20), i32([20], 9, 1)],
      {
        gradient: false,
      },
    ));
  test('float32 Mod and FloorDiv of both signs', () =>
    expectSameAsCpu(
      (a, b) => [
        tf.mod(a as tf.Tensor, b as tf.Tensor),
        tf.mod(a as tf.Tensor, tf.neg(b as tf.Tensor)),
        tf.floorDiv(a as tf.Tensor, b as tf.Tensor),
      ],
      [f32([20]), f32([20], 'positive')],
      {
        gradient: false,
      },
    ));
  test('operands of two types', () =>
    expectSameAsCpu(
      (a, b, c) => [tf.add(a as tf.Tensor, b as tf.Tensor), tf.mul(b as tf.Tensor, c as tf.Tensor), tf.sub(a as tf.Tensor, c as tf.Tensor)],
      [f32([2, 3]), i32([3]), bool([2, 1])],
    ));
  test('LogicalAnd, LogicalOr, LogicalXor, LogicalNot', () =>
    expectSameAsCpu(
      (a, b) => [
        tf.logicalAnd(a as tf.Tensor, b as tf.Tensor),
        tf.logicalOr(a as tf.Tensor, b as tf.Tensor),
        tf.logicalXor(a as tf.Tensor, b as tf.Tensor),
        tf.logicalNot(a as tf.Tensor),
      ],
      [bool([3, 4]), bool([4])],
    ));
  test('Cast between all types', () =>
    expectSameAsCpu(
      (a, b, c) => [a, b, c].flatMap((x) => (['float32', 'int32', 'bool'] as const).map((dtype) => tf.cast(x as tf.Tensor, dtype))),
      [f32([5, 3]), i32([7], 3, -3), bool([4])],
      { gradient: false },
    ));
  test('the gradient of a cast and of AddN', () =>
    expectSameAsCpu((a, b) => tf.addN([tf.cast(a as tf.Tensor, 'float32'), b as tf.Tensor, b as tf.Tensor]), [f32([3]), f32([3])]));
  test('Select, the condition broadcast or choosing rows', () =>
    expectSameAsCpu(
      (c, a, b, row, d) => [
        tf.where(c as tf.Tensor, a as tf.Tensor, b as tf.Tensor),
        tf.where(row as tf.Tensor, a as tf.Tensor, tf.zerosLike(a as tf.Tensor)),
        tf.where(c as tf.Tensor, d as tf.Tensor, tf.logicalNot(d as tf.Tensor)),
      ],
      [bool([2, 3]), f32([2, 3]), f32([3]), bool([2, 1]), bool([2, 3])],
    ));
  test('Prelu', () => expectSameAsCpu((x, alpha) => tf.prelu(x as tf.Tensor, alpha as tf.Tensor), [f32([2, 3, 4]), f32([4], 'positive')]));
});
