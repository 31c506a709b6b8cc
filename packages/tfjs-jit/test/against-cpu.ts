import { expect } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile } from '@memtrain/tfjs-jit';
import type { TensorFunction, TensorSpec, TypedData } from '@memtrain/tfjs-jit';

/** What values an input takes: those on which the operation is defined, or smooth. */
export type Domain = 'any' | 'positive' | 'unit' | 'distinct' | 'special' | { readonly integersBelow: number; readonly from?: number };

export interface InputSpec extends TensorSpec {
  readonly domain?: Domain;
}

export interface AgainstCpuOptions {
  /** Compare the gradient by all float32 inputs, too (default true). */
  readonly gradient?: boolean;
  readonly tolerance?: number;
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

export function expectClose(actual: TypedData, expected: ArrayLike<number>, tolerance: number, what: string): void {
  expect(`${what}: ${actual.length} elements`).toBe(`${what}: ${expected.length} elements`);
  const finite = Array.from(expected).filter(Number.isFinite);
  const scale = Math.sqrt(finite.reduce((sum, number) => sum + number * number, 0) / Math.max(1, finite.length));
  for (const [index, got] of actual.entries()) {
    const wanted = Number(expected[index]);
    if (Object.is(got, wanted) || got === wanted) continue;
    const error = Math.abs(got - wanted);
    if (!(error <= tolerance * Math.max(Math.abs(wanted), scale) + 1e-7)) {
      throw new Error(`${what}, element ${index}: ${got}, and ${wanted} on the cpu backend`);
    }
  }
}

/** Compiles the function, runs it on random data, and compares shapes, types and values with tfjs's cpu backend. */
export async function expectSameAsCpu(fn: TensorFunction, specs: readonly InputSpec[], options: AgainstCpuOptions = {}): Promise<void> {
  const { gradient = true, tolerance = 1e-5 } = options;
  const whole = gradient && specs.some((spec) => spec.dtype === 'float32') ? withGradients(fn, specs) : fn;
  const random = randomNumbers(specs.length + 17);
  const data = specs.map((spec) => randomData(spec, random));
  const compiled = await compile(whole, specs, { threads: 1 });
  try {
    const actual = await compiled.run(data);
    expect(tf.getBackend()).toBe('cpu');
    const expected = [
      whole(...specs.map((spec, index) => tf.tensor(data[index] as TypedData, [...spec.shape], spec.dtype))),
    ].flat() as tf.Tensor[];
    expect(compiled.outputs).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
    for (const [index, output] of expected.entries()) {
      expectClose(actual[index] as TypedData, output.dataSync(), tolerance, `output ${index} [${output.shape.join(',')}]`);
    }
  } finally {
    await compiled.dispose();
  }
}
