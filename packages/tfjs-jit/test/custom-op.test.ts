import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, onnxOperator, withGradient } from '../src/index.ts';

/** SiLU by ONNX Runtime's QuickGelu. */
function silu(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (input) => {
      const [value] = onnxOperator('QuickGelu', [input], {
        domain: 'com.microsoft',
        attributes: { alpha: { float: 1 } },
        outputs: [{ shape: input.shape, dtype: 'float32' }],
        otherwise: () => [tf.mul(input, tf.sigmoid(input))],
      });
      return { value: value!, saved: [input] };
    },
    (dy, [input]) => {
      const gate = tf.sigmoid(input!);
      return [tf.mul(dy, tf.mul(gate, tf.add(1, tf.mul(input!, tf.sub(1, gate)))))];
    },
  );
}

const twice = (x: tf.Tensor): tf.Tensor[] => {
  const { value, grad } = tf.valueAndGrad((input: tf.Tensor) => tf.sum(tf.square(silu(input))) as tf.Scalar)(x);
  return [value, grad];
};

describe('onnxOperator', () => {
  const x = Float32Array.of(-2, -0.5, 0, 0.5, 3);

  test('runs as the operator when compiled and as its substitute elsewhere, with the same value and gradient', async () => {
    const compiled = await compile((input) => twice(input!), [{ shape: [5], dtype: 'float32' }], { threads: 1 });
    expect(Buffer.from(compiled.onnx).includes('QuickGelu')).toBe(true);
    const [value, gradient] = await compiled.run([x]);
    const eager = twice(tf.tensor1d(x));
    expect(value![0]).toBeCloseTo(eager[0]!.dataSync()[0]!, 5);
    const expected = eager[1]!.dataSync();
    for (const [i, entry] of gradient!.entries()) expect(entry).toBeCloseTo(expected[i]!, 5);
    await compiled.dispose();
    tf.dispose(eager);
  });

  test('passes left-out inputs and outputs, and int32 as int64', async () => {
    const compiled = await compile(
      (values, positions) => {
        const [cos, sin] = [tf.tensor2d([1, 0], [2, 1]), tf.tensor2d([0, 1], [2, 1])];
        const [rotated] = onnxOperator('RotaryEmbedding', [values, positions, cos, sin], {
          domain: 'com.microsoft',
          outputs: [{ shape: values!.shape, dtype: 'float32' }],
          int64: [1],
          otherwise: () => [],
        });
        const [clipped] = onnxOperator('Clip', [rotated, undefined, tf.scalar(3)], {
          outputs: [{ shape: values!.shape, dtype: 'float32' }],
          otherwise: () => [],
        });
        const rows = tf.reshape(clipped!, [2, 2]);
        const [, sum] = onnxOperator('SkipSimplifiedLayerNormalization', [rows, rows, tf.ones([2])], {
          domain: 'com.microsoft',
          outputs: [{ shape: [2, 2], dtype: 'float32' }, undefined, undefined, { shape: [2, 2], dtype: 'float32' }],
          otherwise: () => [],
        });
        return [clipped!, sum!];
      },
      [
        { shape: [1, 2, 1, 2], dtype: 'float32' },
        { shape: [1, 1], dtype: 'int32' },
      ],
      { threads: 1 },
    );
    // Position 1 is a quarter turn: (a, b) becomes (-b, a).
    const [clipped, sum] = await compiled.run([Float32Array.of(1, 2, 5, 6), Int32Array.of(1)]);
    expect([...clipped!]).toEqual([-2, 1, -6, 3]);
    expect([...sum!]).toEqual([-4, 2, -12, 6]);
    await compiled.dispose();
  });

  test('a function with such operators leaves no tensors behind on an eager backend', () => {
    const input = tf.tensor1d(x);
    const before = tf.memory().numTensors;
    tf.dispose(twice(input));
    expect(tf.memory().numTensors).toBe(before);
    input.dispose();
  });
});
