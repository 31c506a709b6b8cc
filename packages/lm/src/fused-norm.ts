import * as tf from '@tensorflow/tfjs';
import { onnxOperator, withGradient } from '@memtrain/tfjs-jit';

/** RMSNorm over the last axis, as one operator; the gradient is written out, which takes half the passes of the composed one. */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, epsilon: number): tf.Tensor {
  const size = x.shape[x.shape.length - 1]!;
  const rows = x.size / size;
  const flat = tf.reshape(x, [rows, size]);
  const normed = withGradient(
    [flat, weight],
    (input, scale) => {
      const [value, inverse] = onnxOperator('SimplifiedLayerNormalization', [input, scale], {
        attributes: { axis: { int: -1 }, epsilon: { float: epsilon }, stash_type: { int: 1 } },
        outputs: [
          { shape: [rows, size], dtype: 'float32' },
          { shape: [rows, 1], dtype: 'float32' },
        ],
        otherwise: () => {
          const root = tf.rsqrt(tf.add(tf.mean(tf.square(input!), -1, true), epsilon));
          return [tf.mul(tf.mul(input!, root), scale!), root];
        },
      }) as [tf.Tensor, tf.Tensor];
      return { value, saved: [input!, scale!, inverse] };
    },
    (dy, saved) => {
      const [input, scale, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const product = tf.mul(dy, input);
      // Sums along an axis as products with a vector: matrix kernels are faster than reductions.
      const along = tf.matMul(product, tf.reshape(tf.div(scale, size), [size, 1]));
      const cube = tf.mul(inverse, tf.square(inverse));
      const dx = tf.sub(tf.mul(tf.mul(dy, scale), inverse), tf.mul(input, tf.mul(along, cube)));
      return [dx, tf.reshape(tf.matMul(inverse, product, true, false), [size])];
    },
  );
  return tf.reshape(normed, x.shape);
}
