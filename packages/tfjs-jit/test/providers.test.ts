import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile, onnxOperator, TfjsJitError } from '@memtrain/tfjs-jit';
import type { ExecutionProvider, TensorFunction } from '@memtrain/tfjs-jit';
import { trace } from '../src/trace.ts';

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;

/** The operators of a trace for a provider; those that are left to the CPU there in brackets. */
async function operators(provider: ExecutionProvider, fn: TensorFunction, ...specs: ReturnType<typeof f32>[]): Promise<string[]> {
  await tf.ready();
  return trace(fn, specs, provider).graph.nodes.map(({ operator, notOn = [] }) => (notOn.includes(provider) ? `(${operator})` : operator));
}

describe('on WebGPU', () => {
  test('what it takes and gets wrong is left to the CPU, and nothing like it on other providers', async () => {
    const image = f32(1, 2, 2, 1);
    const filter = f32(2, 2, 1, 1);
    const cases: readonly (readonly [TensorFunction, string, ...ReturnType<typeof f32>[]])[] = [
      [(x) => tf.acos(x!), 'Acos', f32(2)],
      [(x) => tf.stridedSlice(x!, [1], [-5], [-2], 0, 1), 'Slice', f32(4)],
      [(x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), 'Conv', image, filter],
      [
        (x, w) => tf.grad((y: tf.Tensor) => tf.sum(tf.depthwiseConv2d(y as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')))(x!),
        'ConvTranspose',
        f32(1, 4, 4, 2),
        f32(2, 2, 2, 2),
      ],
      [(x) => tf.maxPoolWithArgmax(x as tf.Tensor4D, 2, 1, 'same')['indexes']!, 'MaxPool', image],
    ];
    for (const [fn, operator, ...specs] of cases) {
      expect(await operators('webgpu', fn, ...specs)).toContain(`(${operator})`);
      for (const other of ['cpu', 'cuda'] as const) {
        const made = await operators(other, fn, ...specs);
        expect(made).toContain(operator);
        expect(made.filter((name) => name.startsWith('('))).toEqual([]);
      }
    }
  });

  test('a convolution that it computes rightly stays there', async () => {
    const convolve: TensorFunction = (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
    expect(await operators('webgpu', convolve, f32(1, 5, 5, 1), f32(2, 2, 1, 1))).toContain('Conv');
  });

  test('products with a transposed batch are made of operators that it has', async () => {
    const product: TensorFunction = (a, b) => tf.matMul(a!, b!, false, true);
    expect(await operators('cpu', product, f32(2, 3, 4), f32(2, 5, 4))).toEqual(['FusedMatMul']);
    expect(await operators('webgpu', product, f32(2, 3, 4), f32(2, 5, 4))).toEqual(['Transpose', 'MatMul']);
  });

  test('a normalization that is asked for its deviations, which it leaves out, is made of other operations', async () => {
    const norm: TensorFunction = (x, scale) =>
      onnxOperator('SimplifiedLayerNormalization', [x, scale], {
        outputs: [f32(2, 4), f32(2, 1)],
        otherwise: () => {
          const inverse = tf.rsqrt(tf.mean(tf.square(x!), -1, true));
          return [tf.mul(tf.mul(x!, inverse), scale!), inverse];
        },
      });
    expect(await operators('cuda', norm, f32(2, 4), f32(4))).toEqual(['SimplifiedLayerNormalization']);
    expect(await operators('webgpu', norm, f32(2, 4), f32(4))).not.toContain('SimplifiedLayerNormalization');
  });
});

test.each(['cpu', 'cuda', 'webgpu'] as const)('%s computes, or the error says what it needs', async (executionProvider) => {
  const attempt = compile((a) => tf.neg(a!), [f32(1)], { executionProvider });
  const result: unknown = await attempt.catch((error: unknown) => error);
  if (result instanceof Error) {
    expect(TfjsJitError.isInstance(result) && result.code).toBe('provider-unavailable');
    expect(result.message).toMatch(executionProvider === 'cuda' ? /libonnxruntime_providers_cuda\.so/ : /Vulkan/);
  } else {
    expect(await (await attempt).run([Float32Array.of(1)])).toEqual([Float32Array.of(-1)]);
    await (await attempt).dispose();
  }
});
