import * as tf from '@tensorflow/tfjs';
import type { Executor } from '../executor.ts';

export interface MeasureMatmulOptions {
  /** Rows and columns of the square matrices. Default 512. */
  readonly size?: number;
  /** How long to measure, in seconds; the first run, which warms up, is not counted. Default 1. */
  readonly seconds?: number;
  /** Threads of one operation, where the executor can be told. */
  readonly threads?: number | undefined;
}

/** Products in one run, so that feeding and reading weigh little. */
const PRODUCTS = 4;

/** Float32 matrix products per second, in GFLOP/s (a product of n x n matrices is 2 n^3). */
export async function measureMatmul(executor: Executor, options: MeasureMatmulOptions = {}): Promise<number> {
  const { size = 512, seconds = 1, threads } = options;
  const spec = { shape: [size, size], dtype: 'float32' } as const;
  const compiled = await executor.compile(
    (left, right) => {
      let product = left!;
      for (let i = 0; i < PRODUCTS; i++) product = tf.matMul(product, right!);
      return tf.sum(product);
    },
    [spec, spec],
    threads === undefined ? {} : { threads },
  );
  try {
    // Rows that sum to 1 keep the products of the size of their factors: no overflow, no denormals.
    const matrix = Float32Array.from({ length: size * size }, (_, i) => (2 * ((i * 7919) % 1009)) / 1008 / size);
    await compiled.run([matrix, matrix]);
    let runs = 0;
    let elapsed = 0;
    for (const started = performance.now(); elapsed < seconds * 1000; elapsed = performance.now() - started, runs++) {
      await compiled.run([matrix, matrix]);
    }
    return (runs * PRODUCTS * 2 * size ** 3) / elapsed / 1e6;
  } finally {
    await compiled.dispose();
  }
}
