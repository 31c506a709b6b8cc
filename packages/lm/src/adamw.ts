import type { AdamOptions } from '@memtrain/policy';

/** Flat parameters and moments; every array has one place a parameter. */
export interface AdamState {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly first: Float32Array<ArrayBuffer>;
  readonly second: Float32Array<ArrayBuffer>;
}

/** Square root of the sum of squares. Four sums, because each addition waits for the one before it. */
export function globalNorm(gradient: Float32Array): number {
  const whole = gradient.length - (gradient.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += gradient[i]! * gradient[i]!;
    b += gradient[i + 1]! * gradient[i + 1]!;
    c += gradient[i + 2]! * gradient[i + 2]!;
    d += gradient[i + 3]! * gradient[i + 3]!;
  }
  for (let i = whole; i < gradient.length; i++) a += gradient[i]! * gradient[i]!;
  return Math.sqrt(a + b + c + d);
}

/**
 * Optimizer step number `step` (from 1) in place: AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization"; the order of operations
 * of torch.optim.AdamW), after the gradient is scaled down to `clipNorm`. A plain loop: it takes a few hundredths of a training step, and no
 * memory beyond the state.
 */
export function adamWStep(
  state: AdamState,
  gradient: Float32Array,
  options: AdamOptions & { readonly step: number; readonly gradientNorm: number },
): void {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, clipNorm, step, gradientNorm } = options;
  const { parameters, first, second } = state;
  const scale = clipNorm !== undefined && gradientNorm > clipNorm ? clipNorm / gradientNorm : 1;
  const keep = 1 - learningRate * weightDecay;
  const stepSize = learningRate / (1 - beta1 ** step);
  const correction = 1 / Math.sqrt(1 - beta2 ** step);
  for (let i = 0; i < parameters.length; i++) {
    const g = gradient[i]! * scale;
    const m = (first[i]! - g) * beta1 + g;
    const v = second[i]! * beta2 + g * g * (1 - beta2);
    first[i] = m;
    second[i] = v;
    parameters[i] = parameters[i]! * keep - (stepSize * m) / (Math.sqrt(v) * correction + epsilon);
  }
}
