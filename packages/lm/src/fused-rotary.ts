import * as tf from '@tensorflow/tfjs';
import { onnxOperator, withGradient } from '@memtrain/tfjs-jit';

/**
 * Turns the two halves of every head of `x` [N, heads * S] by the angles whose cosines and sines [N, S / 2] are given, as one operator.
 * A factor on both scales the result.
 */
export function rotate(x: tf.Tensor, heads: number, cosines: tf.Tensor, sines: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (input) => ({ value: turn(input!, heads, cosines, sines), saved: [cosines, sines] }),
    // Turning back is the transpose of turning. (Saved: an eager backend has freed what the forward pass made.)
    (dy, saved) => [turn(dy, heads, saved[0]!, tf.neg(saved[1]!))],
  );
}

function turn(x: tf.Tensor, heads: number, cosines: tf.Tensor, sines: tf.Tensor): tf.Tensor {
  const [rows, width] = x.shape as [number, number];
  const [turned] = onnxOperator(
    'RotaryEmbedding',
    [tf.reshape(x, [1, rows, width]), tf.range(0, rows, 1, 'int32').expandDims(0), cosines, sines],
    {
      domain: 'com.microsoft',
      attributes: { num_heads: { int: heads }, interleaved: { int: 0 } },
      outputs: [{ shape: [1, rows, width], dtype: 'float32' }],
      int64: [1],
      otherwise: () => {
        const [left, right] = tf.split(tf.reshape(x, [rows, heads, width / heads]), 2, -1) as [tf.Tensor, tf.Tensor];
        const [cos, sin] = [tf.expandDims(cosines, 1), tf.expandDims(sines, 1)];
        return [tf.concat([tf.sub(tf.mul(left, cos), tf.mul(right, sin)), tf.add(tf.mul(right, cos), tf.mul(left, sin))], -1)];
      },
    },
  );
  return tf.reshape(turned!, [rows, width]);
}
