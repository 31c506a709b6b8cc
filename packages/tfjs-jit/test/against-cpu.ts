import { expect } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile } from '@memtrain/tfjs-jit';
import type { TensorFunction, TypedData } from '@memtrain/tfjs-jit';
import { executionProvider } from './execution-provider.ts';
import { randomData, randomNumbers, withGradients } from './random-inputs.ts';
import type { InputSpec } from './random-inputs.ts';

export interface AgainstCpuOptions {
  /** Compare the gradient by all float32 inputs, too (default true). */
  readonly gradient?: boolean;
  readonly tolerance?: number;
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

export interface AgreementOptions {
  readonly gradient: boolean;
  readonly seed: number;
}

/**
 * Compares shapes, types and values with tfjs's cpu backend on random data, and the gradient where tfjs has one. Returns whether it did that: tfjs
 * throws for gradients it does not know, as through some broadcasts.
 */
export async function agreesWithCpu(
  fn: TensorFunction,
  specs: readonly InputSpec[],
  { gradient, seed }: AgreementOptions,
): Promise<boolean> {
  const random = randomNumbers(seed);
  const data = specs.map((spec) => randomData(spec, random));
  const onCpu = (whole: TensorFunction): tf.Tensor[] =>
    [whole(...specs.map((spec, index) => tf.tensor(data[index] as TypedData, [...spec.shape], spec.dtype)))].flat() as tf.Tensor[];
  let whole = fn;
  let expected = onCpu(fn);
  const differentiable = expected.some((output) => output.dtype === 'float32') && specs.some((spec) => spec.dtype === 'float32');
  if (gradient && differentiable) {
    try {
      expected = onCpu(withGradients(fn, specs));
      whole = withGradients(fn, specs);
    } catch {
      // Compared forwards only.
    }
  }
  const compiled = await compile(whole, specs, { threads: 1, executionProvider });
  try {
    const actual = await compiled.run(data);
    expect(compiled.outputs).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
    for (const [index, output] of expected.entries()) {
      expectClose(actual[index] as TypedData, output.dataSync(), 1e-5, `output ${index} [${output.shape.join(',')}]`);
    }
  } finally {
    await compiled.dispose();
    tf.dispose(expected);
  }
  return whole !== fn;
}

/** Compiles the function, runs it on random data, and compares shapes, types and values with tfjs's cpu backend. */
export async function expectSameAsCpu(fn: TensorFunction, specs: readonly InputSpec[], options: AgainstCpuOptions = {}): Promise<void> {
  const { gradient = true, tolerance = 1e-5 } = options;
  const whole = gradient && specs.some((spec) => spec.dtype === 'float32') ? withGradients(fn, specs) : fn;
  const random = randomNumbers(specs.length + 17);
  const data = specs.map((spec) => randomData(spec, random));
  const compiled = await compile(whole, specs, { threads: 1, executionProvider });
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
