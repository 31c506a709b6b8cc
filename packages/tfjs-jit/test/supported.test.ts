import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, kernelSupport } from '@memtrain/tfjs-jit';
import type { TensorFunction } from '@memtrain/tfjs-jit';
import { supportedTable } from '../scripts/supported-table.ts';

describe('SUPPORTED.md', () => {
  test('is up to date (npm run supported writes it)', () => {
    expect(readFileSync(new URL('../SUPPORTED.md', import.meta.url), 'utf8')).toBe(supportedTable());
  });
  test('every kernel of the cpu backend is implemented or refused for a reason', () => {
    const kernels = kernelSupport();
    expect(kernels.length).toBe(tf.getKernelsForBackend('cpu').length);
    expect(kernels.filter(({ refused }) => refused === 'unknown to this version')).toEqual([]);
  });
});

const boxes = (): [tf.Tensor2D, tf.Tensor1D] => [tf.zeros([3, 4]), tf.ones([3])];
const words = tf.tensor1d(['a b', 'c'], 'string');
const space = tf.scalar(' ', 'string');

/** A call that ends in each refused kernel. */
const calls: Readonly<Record<string, readonly [call: string, TensorFunction]>> = {
  Complex: ['complex', (x) => tf.complex(x!, x!)],
  Multinomial: ['multinomial', (x) => tf.multinomial(x as tf.Tensor1D, 2, 1)],
  NonMaxSuppressionV3: ['nonMaxSuppression', () => tf.image.nonMaxSuppression(...boxes(), 2)],
  NonMaxSuppressionV4: ['nonMaxSuppressionPadded', () => Object.values(tf.image.nonMaxSuppressionPadded(...boxes(), 2)) as tf.Tensor[]],
  NonMaxSuppressionV5: [
    'nonMaxSuppressionWithScore',
    () => Object.values(tf.image.nonMaxSuppressionWithScore(...boxes(), 2)) as tf.Tensor[],
  ],
  SparseFillEmptyRows: [
    'sparseFillEmptyRows',
    (x) =>
      Object.values(
        tf.sparse.sparseFillEmptyRows(tf.zeros([2, 2], 'int32'), x as tf.Tensor1D, tf.tensor1d([2, 2], 'int32'), 0),
      ) as tf.Tensor[],
  ],
  StaticRegexReplace: ['staticRegexReplace', () => tf.string.staticRegexReplace(words, 'a', 'b')],
  StringNGrams: [
    'stringNGrams',
    () => Object.values(tf.string.stringNGrams(words, tf.tensor1d([0, 2], 'int32'), '|', [1], '', '', 0, false)) as tf.Tensor[],
  ],
  StringSplit: ['stringSplit', () => Object.values(tf.string.stringSplit(words, space)) as tf.Tensor[]],
  StringToHashBucketFast: ['stringToHashBucketFast', () => tf.string.stringToHashBucketFast(words, 5)],
  Unique: ['unique', (x) => Object.values(tf.unique(x!)) as tf.Tensor[]],
};

/** Those behind a refused one, or that no function of tfjs calls under Node. */
const kernelsOnly = ['ComplexAbs', 'Draw', 'FFT', 'IFFT', 'Imag', 'RaggedGather', 'RaggedRange', 'RaggedTensorToTensor', 'Real'];

describe('a refused kernel raises an error that names it', () => {
  const refused = kernelSupport().filter((kernel) => kernel.refused !== undefined);
  test('each is called here', () => {
    expect([...Object.keys(calls), ...kernelsOnly].toSorted()).toEqual(refused.map(({ kernel }) => kernel));
  });
  for (const [kernel, [call, fn]] of Object.entries(calls)) {
    test(`${kernel}, and tf's ${call}`, async () => {
      await expect(compile(fn, [{ shape: [2], dtype: 'float32' }])).rejects.toMatchObject({
        name: 'TfjsJitError',
        code: 'unsupported-kernel',
        message: expect.stringContaining(`kernel ${kernel}, called by tf's ${call},`),
      });
      expect(tf.getBackend()).toBe('cpu');
    });
  }
  for (const kernel of kernelsOnly) {
    test(kernel, async () => {
      const run: TensorFunction = (x) => tf.engine().runKernel(kernel, { x: x! }) as tf.Tensor;
      await expect(compile(run, [{ shape: [1], dtype: 'float32' }])).rejects.toMatchObject({
        code: 'unsupported-kernel',
        message: expect.stringContaining(`kernel ${kernel}`),
      });
    });
  }
});

describe('what depends on data raises', () => {
  const vector = [{ shape: [3], dtype: 'float32' }] as const;
  const reads: Readonly<Record<string, TensorFunction>> = {
    dataSync: (x) => tf.mul(x!, tf.neg(x!).dataSync()[0]!),
    'a condition on a value': (x) => (x!.arraySync() === 0 ? x! : tf.neg(x!)),
    'segment ids that are computed': (x) =>
      tf.sparse.sparseSegmentSum(x as tf.Tensor1D, tf.tensor1d([0, 1], 'int32'), tf.cast(tf.slice(x!, 0, 2), 'int32') as tf.Tensor1D),
  };
  for (const [what, fn] of Object.entries(reads)) {
    test(what, () => expect(compile(fn, vector)).rejects.toMatchObject({ code: 'data-dependent-read' }));
  }
  const asynchronous: Readonly<Record<string, (x: tf.Tensor) => Promise<unknown>>> = {
    booleanMaskAsync: (x) => tf.booleanMaskAsync(x, tf.greater(x, 0)),
    whereAsync: (x) => tf.whereAsync(tf.greater(x, 0)),
    nonMaxSuppressionAsync: (x) => tf.image.nonMaxSuppressionAsync(tf.zeros([3, 4]), x as tf.Tensor1D, 2),
    data: async (x) => tf.tensor(await tf.neg(x).data()),
  };
  for (const [what, fn] of Object.entries(asynchronous)) {
    test(what, async () => {
      await expect(compile(fn as unknown as TensorFunction, vector)).rejects.toMatchObject({
        code: 'data-dependent-read',
        message: expect.stringContaining(what === 'data' ? 'read a tensor (dataSync' : `read a tensor in tf's ${what} (`),
      });
      expect(tf.getBackend()).toBe('cpu');
    });
  }
});
