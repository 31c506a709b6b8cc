import * as tf from '@tensorflow/tfjs';
import { onnxOperator, withGradient } from '@memtrain/tfjs-jit';

/** silu(gate) * up, with a written-out gradient. */
export function swiglu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return withGradient(
    [gate, up],
    (g, u) => {
      const active = silu(g!);
      return { value: tf.mul(active, u!), saved: [g!, u!, active] };
    },
    (dy, saved) => {
      const [g, u, active] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      // silu' = sigmoid + silu - silu * sigmoid
      const slope = tf.mul(tf.sigmoid(g), tf.add(tf.sub(g, active), 1));
      return [tf.mul(tf.mul(dy, u), slope), tf.mul(dy, active)];
    },
  );
}

function silu(x: tf.Tensor): tf.Tensor {
  const [active] = onnxOperator('QuickGelu', [x], {
    domain: 'com.microsoft',
    attributes: { alpha: { float: 1 } },
    outputs: [{ shape: x.shape, dtype: 'float32' }],
    otherwise: () => [tf.mul(x, tf.sigmoid(x))],
  });
  return active!;
}
