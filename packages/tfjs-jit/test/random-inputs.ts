import * as tf from '@tensorflow/tfjs';
import type { TensorFunction, TensorSpec, TypedData } from '@memtrain/tfjs-jit';

/** What values an input takes: those on which the operation is defined, or smooth. */
export type Domain = 'any' | 'positive' | 'unit' | 'distinct' | 'special' | { readonly integersBelow: number; readonly from?: number };

export interface InputSpec extends TensorSpec {
  readonly domain?: Domain;
}

export const f32 = (shape: readonly number[], domain: Domain = 'any'): InputSpec => ({ shape, dtype: 'float32', domain });
export const i32 = (shape: readonly number[], below = 10, from = 0): InputSpec => ({
  shape,
  dtype: 'int32',
  domain: { integersBelow: below, from },
});
export const bool = (shape: readonly number[]): InputSpec => ({ shape, dtype: 'bool' });

/** Numbers in [0, 1), the same in every run. */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

export function randomData(spec: InputSpec, random: () => number): TypedData {
  const size = spec.shape.reduce((product, dimension) => product * dimension, 1);
  const { domain = 'any' } = spec;
  if (spec.dtype === 'bool') return Uint8Array.from({ length: size }, () => Number(random() < 0.5));
  if (typeof domain === 'object') {
    const from = domain.from ?? 0;
    const integers = Array.from({ length: size }, () => from + Math.floor(random() * (domain.integersBelow - from)));
    return spec.dtype === 'int32' ? Int32Array.from(integers) : Float32Array.from(integers);
  }
  if (domain === 'distinct') {
    const order = Array.from({ length: size }, (_, index) => [random(), index] as const).toSorted(([a], [b]) => a - b);
    return Float32Array.from(order, ([, index]) => index / 7 - 1);
  }
  const special = [0, 1, -1, 1e-5, -1e-5, 0.5, 20, -20, 1.5, 2.5, -0.5];
  return Float32Array.from({ length: size }, (_, index) => {
    if (domain === 'special') return special[index % special.length] ?? 0;
    if (domain === 'positive') return 0.1 + 3 * random();
    return domain === 'unit' ? 1.8 * random() - 0.9 : 6 * random() - 3;
  });
}

/** The function, followed by the gradients of a random weighting of its float32 outputs by its float32 inputs. */
export function withGradients(fn: TensorFunction, specs: readonly InputSpec[]): TensorFunction {
  const floats = specs.flatMap((spec, index) => (spec.dtype === 'float32' ? [index] : []));
  return (...inputs) => {
    const outputs = [fn(...inputs)].flat() as tf.Tensor[];
    const random = randomNumbers(99);
    const weights = outputs.map((output) => randomData(f32(output.shape), random));
    const weighted = (...parts: tf.Tensor[]): tf.Scalar => {
      const all = inputs.map((input, index) => parts[floats.indexOf(index)] ?? input);
      const sums = ([fn(...all)].flat() as tf.Tensor[]).flatMap((output, index) =>
        output.dtype === 'float32' ? [tf.sum(tf.mul(output, tf.tensor(weights[index] as TypedData, output.shape)))] : [],
      );
      return tf.addN(sums) as tf.Scalar;
    };
    return [...outputs, ...tf.grads(weighted)(floats.map((index) => inputs[index] as tf.Tensor))];
  };
}
