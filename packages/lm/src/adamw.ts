import * as tf from '@tensorflow/tfjs';
import { compile, type CompiledFunction, type CompileOptions } from '@memtrain/tfjs-jit';
import type { AdamOptions } from '@memtrain/policy';

/** Flat parameters and moments; every array has one place a parameter. */
export interface AdamState {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly first: Float32Array<ArrayBuffer>;
  readonly second: Float32Array<ArrayBuffer>;
}

/**
 * Compiles the AdamW update (Loshchilov and Hutter; the same order of operations as torch.optim.AdamW) for `size` parameters.
 * Inputs: parameters, first, second, gradient [size], and six scalars; outputs the three new vectors.
 */
export function compileAdamW(size: number, options: CompileOptions): Promise<CompiledFunction> {
  const vector = { shape: [size], dtype: 'float32' } as const;
  const scalar = { shape: [], dtype: 'float32' } as const;
  return compile(
    (parameters, first, second, gradient, ...scalars) => {
      const [scale, keep, stepSize, beta1, beta2, correction, epsilon] = scalars as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const g = tf.mul(gradient!, scale);
      const m = tf.add(tf.mul(first!, beta1), tf.mul(g, tf.sub(1, beta1)));
      const v = tf.add(tf.mul(second!, beta2), tf.mul(tf.square(g), tf.sub(1, beta2)));
      const step = tf.div(tf.mul(m, stepSize), tf.add(tf.div(tf.sqrt(v), correction), epsilon));
      return [tf.sub(tf.mul(parameters!, keep), step), m, v];
    },
    [vector, vector, vector, vector, scalar, scalar, scalar, scalar, scalar, scalar, scalar],
    options,
  );
}

/** Runs optimizer step number `step` (from 1) from `state` into `next`. */
export async function runAdamW(
  compiled: CompiledFunction,
  state: AdamState,
  next: AdamState,
  gradient: Float32Array,
  options: AdamOptions & { readonly step: number; readonly gradientNorm: number },
): Promise<void> {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, clipNorm, step, gradientNorm } = options;
  const scale = clipNorm !== undefined && gradientNorm > clipNorm ? clipNorm / gradientNorm : 1;
  const scalars = [
    scale,
    1 - learningRate * weightDecay,
    learningRate / (1 - beta1 ** step),
    beta1,
    beta2,
    Math.sqrt(1 - beta2 ** step),
    epsilon,
  ];
  await compiled.run(
    [state.parameters, state.first, state.second, gradient, ...scalars.map((value) => Float32Array.of(value))],
    [next.parameters, next.first, next.second],
  );
}
