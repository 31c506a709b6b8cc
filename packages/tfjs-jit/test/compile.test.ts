import './typed-array-realm.ts';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile } from '@memtrain/tfjs-jit';

describe('smoke', () => {
  test('matmul + grads', async () => {
    const f = (x: tf.Tensor, w: tf.Tensor): tf.Tensor[] => {
      const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => tf.mean(tf.softmax(tf.matMul(a, b)).log()).asScalar())([x, w]);
      return [value, ...grads];
    };
    const c = await compile(f, [
      { shape: [2, 3], dtype: 'float32' },
      { shape: [3, 4], dtype: 'float32' },
    ]);
    const x = Float32Array.from([1, 2, 3, 4, 5, 6]);
    const w = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    const out = await c.run([x, w]);
    const expected = f(tf.tensor(x, [2, 3]), tf.tensor(w, [3, 4]));
    for (const [i, o] of out.entries()) {
      const e = expected[i]!.dataSync();
      console.log(o, e);
      expect(o.length).toBe(e.length);
      o.forEach((v, j) => expect(v).toBeCloseTo(e[j]!, 5));
    }
    await c.dispose();
  });
});
