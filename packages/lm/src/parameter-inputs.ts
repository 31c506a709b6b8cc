import type { TensorSpec } from '@memtrain/tfjs-jit';

/** The parameters as the first inputs of a compiled function. */
export function parameterInputs(specs: readonly { readonly shape: readonly number[] }[]): TensorSpec[] {
  return specs.map(({ shape }) => ({ shape, dtype: 'float32' }));
}
