import * as tf from '@tensorflow/tfjs';

/** Logits of a slice: so many stay in a processor's cache. */
const SLICE_LOGITS = 2 ** 21;

/** Fewest targets of a slice: each adds up a whole weight gradient, which with a large vocabulary is a lot. */
const FEWEST_TARGETS = 256;

export interface LossHeadOptions {
  /** [N] ids whose log-probabilities are wanted. */
  readonly wanted: tf.Tensor;
  /** Divides the logits. */
  readonly temperature: number;
  /** Derivative of the loss by the log-probabilities of targets [start, start + count). Without it only the log-probabilities are computed. */
  readonly slope?: (logprobs: tf.Tensor, start: number, count: number) => tf.Tensor;
  /** Whether the gradient of the weight is wanted, too. */
  readonly trainsWeight?: boolean;
}

export interface LossHead {
  /** [N]. */
  readonly logprobs: tf.Tensor;
  /** [N] entropy of the whole distribution. With `slope`. */
  readonly entropy?: tf.Tensor;
  /** [N, D]. With `slope`. */
  readonly hiddenGradient?: tf.Tensor;
  /** [V, D] gradient of the weight, without `wantedGradient`. With `trainsWeight`. */
  readonly weightGradient?: tf.Tensor;
  /** [N, D] to be added to the rows `wanted` of the weight's gradient. With `trainsWeight`. */
  readonly wantedGradient?: tf.Tensor;
}

/**
 * The output head, the log-probabilities of wanted tokens and, in one go, the gradient of a loss of these: `hidden` [N, D] (normed) times
 * `weight` [V, D]. Works through slices of targets, so that memory does not grow with targets times vocabulary; neither the logits nor a
 * one-hot matrix outlive their slice. With p = softmax(z) the gradient by the logits is slope * (onehot - p): both parts act on `weight` and
 * `hidden` by products and gathered rows, and the entropy is log-sum-exp - p z, where p z = (p W) h.
 */
export function lossHead(hidden: tf.Tensor, weight: tf.Tensor, options: LossHeadOptions): LossHead {
  const { wanted, temperature, slope, trainsWeight = false } = options;
  const [N, D] = hidden.shape as [number, number];
  const V = weight.shape[0]!;
  const step = Math.max(FEWEST_TARGETS, Math.floor(SLICE_LOGITS / V));
  const parts: { logprobs: tf.Tensor; entropy?: tf.Tensor; hidden?: tf.Tensor; wanted?: tf.Tensor }[] = [];
  let weightGradient: tf.Tensor | undefined;
  for (let start = 0; start < N; start += step) {
    const count = Math.min(step, N - start);
    const plain = tf.slice(hidden, [start, 0], [count, D]);
    const h = temperature === 1 ? plain : tf.div(plain, temperature);
    const ids = tf.slice(wanted, [start], [count]) as tf.Tensor1D;
    const logits = tf.matMul(h, weight, false, true);
    const largest = tf.max(logits, -1);
    const probabilities = tf.softmax(logits);
    // The largest probability is 1 / sum(exp(logit - largest)): the log of the sum without another pass over the logits.
    const logSum = tf.sub(largest, tf.log(tf.max(probabilities, -1)));
    const rows = tf.gather(weight, ids);
    // Rounding must not make a certain token more than certain.
    const logprobs = tf.minimum(tf.sub(tf.sum(tf.mul(h, rows), -1), logSum), 0);
    if (!slope) {
      parts.push({ logprobs });
      continue;
    }
    const factor = tf.reshape(slope(logprobs, start, count), [count, 1]);
    const mean = tf.matMul(probabilities, weight); // p W
    const entropy = tf.sub(logSum, tf.sum(tf.mul(h, mean), -1));
    const scaled = temperature === 1 ? factor : tf.div(factor, temperature);
    const pulled = tf.mul(plain, scaled);
    parts.push({ logprobs, entropy, hidden: tf.mul(tf.sub(rows, mean), scaled), wanted: pulled });
    if (!trainsWeight) continue;
    const pushed = tf.matMul(probabilities, tf.neg(pulled), true, false);
    weightGradient = weightGradient ? tf.add(weightGradient, pushed) : pushed;
  }
  const joined = (key: 'logprobs' | 'entropy' | 'hidden' | 'wanted'): tf.Tensor => {
    const pieces = parts.map((part) => part[key]!);
    return pieces.length === 1 ? pieces[0]! : tf.concat(pieces, 0);
  };
  return {
    logprobs: joined('logprobs'),
    ...(slope && { entropy: joined('entropy'), hiddenGradient: joined('hidden') }),
    ...(weightGradient && { weightGradient, wantedGradient: joined('wanted') }),
  };
}
