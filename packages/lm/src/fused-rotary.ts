import * as tf from '@tensorflow/tfjs';
import { onnxOperator, withGradient } from '@memtrain/tfjs-jit';

/**
 * Turns the two halves of every head of `x` [N, heads * S] by the angles whose cosines and sines [N, S / 2] are given. A factor on both
 * scales the result.
 */
export function rotate(x: tf.Tensor, heads: number, cosines: tf.Tensor, sines: tf.Tensor): tf.Tensor {
  const [rows, width] = x.shape as [number, number];
  const turn = (input: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor => {
    const angles = { cosines: cos, sines: sin, places: tf.expandDims(tf.range(0, rows, 1, 'int32'), 0) };
    return tf.reshape(turnHeads(tf.reshape(input, [1, rows, width]), heads, angles), [rows, width]);
  };
  return withGradient(
    [x],
    (input) => ({ value: turn(input!, cosines, sines), saved: [cosines, sines] }),
    // Turning back is the transpose of turning. (Saved: an eager backend has freed what the forward pass made.)
    (dy, saved) => [turn(dy, saved[0]!, tf.neg(saved[1]!))],
  );
}

/** Rows of a table of cosines and sines [rows, S / 2], one for each token: `places` [B, T] int32. */
export interface AnglesAt {
  readonly cosines: tf.Tensor;
  readonly sines: tf.Tensor;
  readonly places: tf.Tensor;
}

/** Turns the two halves of every head of `x` [B, T, heads * S], as one operator. It has no gradient, see `rotate`. */
export function turnHeads(x: tf.Tensor, heads: number, { cosines, sines, places }: AnglesAt): tf.Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  const [turned] = onnxOperator('RotaryEmbedding', [x, places, cosines, sines], {
    domain: 'com.microsoft',
    attributes: { num_heads: { int: heads }, interleaved: { int: 0 } },
    outputs: [{ shape: [batch, length, width], dtype: 'float32' }],
    int64: [1],
    otherwise: () => {
      const [left, right] = tf.split(tf.reshape(x, [batch, length, heads, width / heads]), 2, -1) as [tf.Tensor, tf.Tensor];
      const [cos, sin] = [cosines, sines].map((table) => tf.expandDims(tf.gather(table, places), 2)) as [tf.Tensor, tf.Tensor];
      const halves = [tf.sub(tf.mul(left, cos), tf.mul(right, sin)), tf.add(tf.mul(right, cos), tf.mul(left, sin))];
      return [tf.reshape(tf.concat(halves, -1), [batch, length, width])];
    },
  });
  return turned!;
}
