import * as tf from '@tensorflow/tfjs';
import { withGradient } from '@memtrain/tfjs-jit';

/** Rows `places` of a matrix, all different: the gradient is put back without adding. */
export function takeRows(x: tf.Tensor, places: tf.Tensor): tf.Tensor {
  const count = places.shape[0]!;
  return withGradient(
    [x],
    (rows) => ({ value: tf.gather(rows!, places), saved: [places] }),
    (dy, [taken]) => [tf.tensorScatterUpdate(tf.zeros(x.shape), tf.reshape(taken!, [count, 1]), dy)],
  );
}
