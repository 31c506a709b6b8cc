import * as tf from '@tensorflow/tfjs';
import type { LanguageModelConfiguration } from './configuration.ts';

/** One new token of every row, R = places * lanes; see `KeyValueCache` for the caches and masks. */
export interface TokenInput {
  readonly places: number;
  readonly lanes: number;
  /** [R, D] rows of the embedding. */
  readonly embedded: tf.Tensor;
  /** [R, headSize / 2] of each row's position. */
  readonly cosines: tf.Tensor;
  readonly sines: tf.Tensor;
  readonly promptMask: tf.Tensor;
  readonly ownMask: tf.Tensor;
  /** One a layer, keys before values. */
  readonly promptCaches: readonly tf.Tensor[];
  readonly ownCaches: readonly tf.Tensor[];
}

/** Of one layer. */
export type Caches = [promptKeys: tf.Tensor, promptValues: tf.Tensor, ownKeys: tf.Tensor, ownValues: tf.Tensor];

/** Attention of one token a row over its prompt (one product for all lanes of a place), the tokens after it, and itself: [R, heads * headSize]. */
export function cachedAttention(
  { heads, keyValueHeads: KV, headSize: S }: LanguageModelConfiguration,
  { places, lanes, promptMask, ownMask }: TokenInput,
  { queries, keys, values, caches }: { queries: tf.Tensor; keys: tf.Tensor; values: tf.Tensor; caches: Caches },
): tf.Tensor {
  const shared = heads / KV;
  const [promptKeys, promptValues, ownKeys, ownValues] = caches;
  const [prompt, own] = [promptKeys.shape[1]!, ownKeys.shape[1]!];
  const rows = places * KV * lanes;
  /** [places * lanes, KV * n * S] -> [places * KV * lanes, n, S] */
  const byHead = (x: tf.Tensor, n: number): tf.Tensor =>
    tf.reshape(tf.transpose(tf.reshape(x, [places, lanes, KV, n, S]), [0, 2, 1, 3, 4]), [rows, n, S]);
  const query = byHead(queries, shared);
  const [key, value] = [byHead(keys, 1), byHead(values, 1)];
  const together = tf.reshape(query, [places * KV, lanes * shared, S]);
  const onPrompt = tf.add(
    tf.reshape(tf.matMul(together, promptKeys, false, true), [places, KV * lanes * shared, prompt]),
    tf.reshape(promptMask, [places, 1, prompt]),
  );
  const onOwn = tf.add(
    tf.reshape(tf.matMul(query, ownKeys, false, true), [places, KV, lanes, shared, own]),
    tf.reshape(ownMask, [places, 1, lanes, 1, own]),
  );
  const onSelf = tf.sum(tf.mul(query, key), -1, true);
  const scores = tf.concat([tf.reshape(onPrompt, [rows, shared, prompt]), tf.reshape(onOwn, [rows, shared, own]), onSelf], 2);
  const [ofPrompt, ofOwn, ofSelf] = tf.split(tf.softmax(scores), [prompt, own, 1], 2) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const fromPrompt = tf.matMul(tf.reshape(ofPrompt, [places * KV, lanes * shared, prompt]), promptValues);
  const mixed = tf.add(tf.add(tf.reshape(fromPrompt, [rows, shared, S]), tf.matMul(ofOwn, ownValues)), tf.mul(ofSelf, value));
  const byRow = tf.transpose(tf.reshape(mixed, [places, KV, lanes, shared, S]), [0, 2, 1, 3, 4]);
  return tf.reshape(byRow, [places * lanes, heads * S]);
}
