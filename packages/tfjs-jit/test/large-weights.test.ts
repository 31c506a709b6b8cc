import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, jit } from '@memtrain/tfjs-jit';

describe('sessions', () => {
  test('that fall out of the cache, or are disposed of, give back the memory of their constants', async () => {
    const size = 2 ** 23;
    const constant = tf.tensor1d(Float32Array.from({ length: size }, (_, i) => i % 7));
    const biased = jit((x: tf.Tensor) => tf.sum(tf.mul(constant, tf.sum(x))), { cacheSize: 1, threads: 1 });
    const megabytes = (): number => process.memoryUsage().rss / 2 ** 20;
    for (let length = 1; length <= 2; length++) tf.dispose(await biased(tf.ones([length])));
    const before = megabytes();
    for (let length = 3; length <= 10; length++) tf.dispose(await biased(tf.ones([length])));
    expect(biased.size).toBe(1);
    // Eight sessions that stay would hold 32 MiB each.
    expect(megabytes() - before).toBeLessThan(128);
    await biased.dispose();
    expect(biased.size).toBe(0);
    for (let round = 0; round < 8; round++) {
      const compiled = await compile((x) => tf.sum(tf.mul(constant, tf.sum(x!))), [{ shape: [1], dtype: 'float32' }], {
        threads: 1,
      });
      await compiled.run([new Float32Array(1)]);
      await compiled.dispose();
    }
    expect(megabytes() - before).toBeLessThan(128);
    constant.dispose();
  }, 60_000);
});

// About 5 GB of memory and half a minute: LARGE_TESTS=1 runs it.
describe('weights of more than 2 GiB together', () => {
  const [rows, columns] = [8192, 40_000];
  const large = process.env['LARGE_TESTS'] === undefined ? test.skip : test;

  large(
    'are right as inputs and as constants',
    async () => {
      const filled = (factor: number): Float32Array => {
        const values = new Float32Array(rows * columns);
        for (let i = 0; i < values.length; i++) values[i] = factor * (i % 1009);
        return values;
      };
      const weights = [filled(1e-3), filled(2e-3)] as const;
      expect(weights[0].byteLength + weights[1].byteLength).toBeGreaterThan(2 ** 31);
      const x = Float32Array.from({ length: rows }, (_, i) => (i % 13) / 13);
      const expectProducts = (values: ArrayLike<number>): void => {
        for (const column of [0, 777, columns - 1]) {
          let sum = 0;
          for (let row = 0; row < rows; row++) for (const each of weights) sum += x[row]! * each[row * columns + column]!;
          expect(Math.abs(values[column]! / sum - 1)).toBeLessThan(1e-5);
        }
      };
      const products = (left: tf.Tensor, right: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.add(tf.matMul(y, left), tf.matMul(y, right));
      const spec = { shape: [rows, columns], dtype: 'float32' } as const;
      const input = { shape: [1, rows], dtype: 'float32' } as const;
      const fed = await compile((left, right, y) => products(left!, right!, y!), [spec, spec, input]);
      expectProducts((await fed.run([...weights, x]))[0]!);
      await fed.dispose();
      const [left, right] = weights.map((values) => tf.tensor2d(values, [rows, columns])) as [tf.Tensor, tf.Tensor];
      const held = await compile((y) => products(left, right, y!), [input]);
      expectProducts((await held.run([x]))[0]!);
      await held.dispose();
      tf.dispose([left, right]);
    },
    600_000,
  );
});
