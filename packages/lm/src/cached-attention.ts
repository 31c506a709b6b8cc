import * as tf from '@tensorflow/tfjs';

/** Keys and values of one layer, see `KeyValueCache`; a prompt has caches of its own only where several rows share it. */
export interface LayerCaches {
  readonly ownKeys: tf.Tensor;
  readonly ownValues: tf.Tensor;
  readonly promptKeys?: tf.Tensor | undefined;
  readonly promptValues?: tf.Tensor | undefined;
}

export interface CachedAttentionOptions {
  readonly places: number;
  readonly lanes: number;
  readonly ownMask: tf.Tensor;
  readonly promptMask?: tf.Tensor | undefined;
  readonly caches: LayerCaches;
}

/** Heads of one new token of every row: for each key/value head [B, 1, S] its queries [B, n, S], already scaled; B = places * KV * lanes. */
export interface TokenHeads {
  readonly query: tf.Tensor;
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/**
 * Attention of one token a row over a shared prompt (one product for all lanes of a place), its own tokens, and itself: [R, heads * S] with
 * R = places * lanes.
 */
export function cachedAttention({ query, key, value }: TokenHeads, options: CachedAttentionOptions): tf.Tensor {
  const { places, lanes, ownMask, promptMask } = options;
  const { ownKeys, ownValues, promptKeys, promptValues } = options.caches;
  const [rows, shared, S] = query.shape as [number, number, number];
  const KV = rows / places / lanes;
  const own = ownKeys.shape[1]!;
  const onOwn = tf.add(
    tf.reshape(tf.matMul(query, ownKeys, false, true), [places, KV, lanes, shared, own]),
    tf.reshape(ownMask, [places, 1, lanes, 1, own]),
  );
  const scores = [tf.reshape(onOwn, [rows, shared, own]), tf.matMul(query, key, false, true)];
  const sources = [ownValues, value];
  if (promptKeys && promptValues && promptMask) {
    const prompt = promptKeys.shape[1]!;
    const together = tf.matMul(tf.reshape(query, [places * KV, lanes * shared, S]), promptKeys, false, true);
    const onPrompt = tf.add(tf.reshape(together, [places, KV * lanes * shared, prompt]), tf.reshape(promptMask, [places, 1, prompt]));
    scores.push(tf.reshape(onPrompt, [rows, shared, prompt]));
    sources.push(promptValues);
  }
  const weights = tf.split(
    tf.softmax(tf.concat(scores, 2)),
    scores.map((part) => part.shape[2]!),
    2,
  );
  /** The lanes of a place stand together for values that they share. */
  const mixed = weights.map((weight, i) => {
    const source = sources[i]!;
    const [batch, length] = source.shape as [number, number];
    return tf.reshape(tf.matMul(tf.reshape(weight, [batch, -1, length]), source), [rows, shared, S]);
  });
  const sum = mixed.reduce((total, part) => tf.add(total, part));
  return tf.reshape(tf.transpose(tf.reshape(sum, [places, KV, lanes, shared, S]), [0, 2, 1, 3, 4]), [places * lanes, KV * shared * S]);
}
