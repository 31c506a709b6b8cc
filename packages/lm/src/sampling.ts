/**
 * Draws one token from `logits[start .. start + size)`: softmax of logits / temperature by inverse transform of `uniform` in [0, 1).
 * Temperature 0 takes the largest logit (the first of equals). The log-probability is that of the tempered distribution, or of the plain one when greedy.
 */
export function sampleToken(
  logits: Float32Array,
  start: number,
  size: number,
  options: { readonly temperature: number; readonly uniform: number },
): { token: number; logprob: number } {
  let best = 0;
  for (let i = 1; i < size; i++) if (logits[start + i]! > logits[start + best]!) best = i;
  const top = logits[start + best]!;
  const scale = options.temperature > 0 ? 1 / options.temperature : 1;
  let total = 0;
  for (let i = 0; i < size; i++) total += Math.exp((logits[start + i]! - top) * scale);
  let token = best;
  if (options.temperature > 0) {
    let left = options.uniform * total;
    for (let i = 0; i < size; i++) {
      const mass = Math.exp((logits[start + i]! - top) * scale);
      left -= mass;
      // A token of no mass must not be drawn by rounding at the end of the sum.
      if (mass > 0) token = i;
      if (left < 0) break;
    }
  }
  return { token, logprob: (logits[start + token]! - top) * scale - Math.log(total) };
}
