import { InvalidArgumentError } from 'commander';

/** A parser of whole-number options for commander; what is out of range is a usage error. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < low || value > high) throw new InvalidArgumentError(`Give a whole number from ${low} to ${high}.`);
    return value;
  };
}

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** Largest seed. */
export const largestSeed = 0x7fffffff;

/** What `--executor` means. */
export const executorMeaning =
  'what computes: onnxruntime (default), onnxruntime-cuda, onnxruntime-webgpu, tensorflow, wasm or cpu; see memtrain doctor';
