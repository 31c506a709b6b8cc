/** How one token is drawn. */
export interface DrawOptions {
  /** Greedy takes the likeliest token (the first of equals). */
  readonly greedy: boolean;
  /** Only so many of the likeliest tokens may be drawn; 0 means all. */
  readonly topK: number;
  /** Only the smallest set of likeliest tokens of this mass may be drawn, after `topK`; 1 means all. */
  readonly topP: number;
  /** Uniform in [0, 1); the draw is its inverse transform. */
  readonly uniform: number;
}

/** A token and its natural-log probability in the distribution that it was drawn from: renormalised when truncated. */
export interface Draw {
  readonly token: number;
  readonly logprob: number;
}

/** Draws from the probabilities at [start, start + size); they need not add up to exactly 1. */
export function drawToken(probabilities: Float32Array, start: number, size: number, options: DrawOptions): Draw {
  const { greedy, topK, topP, uniform } = options;
  if (greedy) {
    let best = 0;
    for (let i = 1; i < size; i++) if (probabilities[start + i]! > probabilities[start + best]!) best = i;
    return { token: best, logprob: logOf(probabilities[start + best]!, 1) };
  }
  if ((topK > 0 && topK < size) || topP < 1) return drawTruncated(probabilities, start, size, options);
  let left = uniform;
  let token = 0;
  for (let i = 0; i < size; i++) {
    const mass = probabilities[start + i]!;
    // A token of no mass must not be drawn by rounding at the end of the sum.
    if (mass > 0) token = i;
    left -= mass;
    if (left < 0) break;
  }
  return { token, logprob: logOf(probabilities[start + token]!, 1) };
}

function drawTruncated(probabilities: Float32Array, start: number, size: number, options: DrawOptions): Draw {
  const { topK, topP, uniform } = options;
  const count = topK > 0 ? Math.min(topK, size) : size;
  const likeliest = likeliestTokens(probabilities, start, { size, count, mass: topP });
  let whole = 0;
  for (const token of likeliest) whole += probabilities[start + token]!;
  // The mass that `topP` speaks of is that of what `topK` left.
  let kept = 0;
  let sum = 0;
  const goal = topK > 0 ? topP * whole : topP;
  while (kept < likeliest.length && (kept === 0 || sum < goal)) sum += probabilities[start + likeliest[kept++]!]!;
  let left = uniform * sum;
  let token = likeliest[0]!;
  for (const candidate of likeliest.slice(0, kept)) {
    const mass = probabilities[start + candidate]!;
    if (mass > 0) token = candidate;
    left -= mass;
    if (left < 0) break;
  }
  return { token, logprob: logOf(probabilities[start + token]!, sum) };
}

/** The `count` likeliest tokens, best first, the first of equals first; no more than it takes to reach `mass` when all are asked for. */
function likeliestTokens(
  probabilities: Float32Array,
  start: number,
  { size, count, mass }: { readonly size: number; readonly count: number; readonly mass: number },
): number[] {
  // Sorting a whole vocabulary is slow: look at ever smaller probabilities until there are enough.
  for (let least = 1e-3; ; least *= 1e-2) {
    const lowest = least < 1e-9 ? -1 : least;
    const found: number[] = [];
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const p = probabilities[start + i]!;
      if (p <= lowest) continue;
      found.push(i);
      sum += p;
    }
    if (lowest >= 0 && (count < size ? found.length < count : sum < mass)) continue;
    found.sort((a, b) => probabilities[start + b]! - probabilities[start + a]! || a - b);
    return found.slice(0, count);
  }
}

function logOf(probability: number, whole: number): number {
  return Math.min(0, Math.log(probability / whole));
}

/** Probabilities of the logits at [start, start + size) divided by the temperature. */
export function probabilitiesOf(logits: Float32Array, start: number, size: number, temperature: number): Float32Array {
  let largest = -Infinity;
  for (let i = 0; i < size; i++) largest = Math.max(largest, logits[start + i]!);
  const masses = new Float32Array(size);
  let total = 0;
  for (let i = 0; i < size; i++) total += masses[i] = Math.exp((logits[start + i]! - largest) / temperature);
  for (let i = 0; i < size; i++) masses[i]! /= total;
  return masses;
}
