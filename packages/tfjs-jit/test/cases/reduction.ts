import * as tf from '@tensorflow/tfjs';
import { bool, f32, i32 } from '../random-inputs.ts';
import type { KernelCases } from './kernel-case.ts';

type CaseOf = KernelCases[string];
type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

function reduction(reduce: Reduction, gradient?: false): CaseOf {
  return (choose) => {
    const shape = choose.shape();
    const [axes, keepDims] = [choose.axes(shape.length), choose.flag()];
    const input = choose.of([f32(shape, 'distinct'), f32(shape, 'distinct'), i32(shape, 4, -4)]);
    return { inputs: [input], fn: (x) => reduce(x, axes, keepDims), ...(gradient === false && { gradient }) };
  };
}

/** tfjs's cpu backend reads beyond the end of what has no elements. */
function filledReduction(reduce: Reduction): CaseOf {
  return (choose) => {
    const shape = choose.filled();
    const [axes, keepDims] = [choose.axes(shape.length), choose.flag()];
    return { inputs: [choose.of([f32(shape, 'distinct'), i32(shape, 40, -40)])], fn: (x) => reduce(x, axes, keepDims) };
  };
}

function logical(reduce: Reduction): CaseOf {
  return (choose) => {
    const shape = choose.shape();
    const [axes, keepDims] = [choose.axes(shape.length), choose.flag()];
    return { inputs: [bool(shape)], fn: (x) => reduce(x, axes, keepDims) };
  };
}

function position(fn: (x: tf.Tensor, axis?: number) => tf.Tensor): CaseOf {
  return (choose) => {
    const shape = choose.filled(choose.integer(1, 4));
    const axis = choose.axis(shape.length);
    return {
      inputs: [choose.of([f32(shape, { integersBelow: 3 }), i32(shape, 3)])],
      fn: (x) => [fn(x, axis), tf.cast(fn(x, axis), 'float32')],
    };
  };
}

/** tfjs's cpu backend loses its way with a negative axis, and its gradient of Cumsum is wrong along other axes than the last. */
function cumulative(fn: typeof tf.cumsum): CaseOf {
  return (choose) => {
    const shape = choose.shape(choose.integer(1, 4));
    const last = choose.flag();
    const axis = last ? shape.length - 1 : choose.integer(0, shape.length - 1);
    const [exclusive, reverse] = [choose.flag(), choose.flag()];
    const input = choose.of([f32(shape, 'positive'), i32(shape, 4, -4)]);
    return { inputs: [input], fn: (x) => fn(x, axis, exclusive, reverse), ...(!last && { gradient: false }) };
  };
}

export const reductionCases: KernelCases = {
  Sum: reduction(tf.sum),
  Mean: reduction(tf.mean),
  Prod: (choose) => {
    const shape = choose.shape();
    const [axes, keepDims] = [choose.axes(shape.length), choose.flag()];
    return { inputs: [choose.of([f32(shape, 'positive'), i32(shape, 4, -4)])], fn: (x) => tf.prod(x, axes, keepDims) };
  },
  Max: filledReduction(tf.max),
  Min: filledReduction(tf.min),
  All: logical(tf.all),
  Any: logical(tf.any),
  ArgMax: position(tf.argMax),
  ArgMin: position(tf.argMin),
  Cumsum: cumulative(tf.cumsum),
  Cumprod: cumulative(tf.cumprod),
  Softmax: (choose) => {
    const shape = choose.filled(choose.integer(1, 4));
    const axis = choose.of([-1, shape.length - 1]);
    return { inputs: [f32(shape)], fn: (x) => tf.softmax(x, axis) };
  },
  TopK: (choose) => {
    const shape = choose.filled(choose.integer(1, 3));
    const k = choose.integer(0, shape.at(-1) ?? 0);
    return {
      inputs: [f32(shape, 'distinct')],
      fn: (x) => {
        const { values, indices } = tf.topk(x, k);
        return [values, indices];
      },
    };
  },
};
