import * as tf from '@tensorflow/tfjs';
import { withGradient } from '@memtrain/tfjs-jit';

/** Rows of `length` tokens each, and how their heads are shared. */
export interface AttentionShape {
  readonly rows: number;
  readonly length: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
}

/** Most blocks that the queries of a row are cut into: a block skips the keys after it, more blocks skip more of them. */
const MOST_BLOCKS = 4;

/** Consecutive queries of every row, and the keys up to the last of them. */
export interface AttentionBlock {
  readonly start: number;
  readonly end: number;
  /** [rows or 1, 1, end - start, end]: 0 where a query may look at a key, -1e9 elsewhere. */
  readonly bias: tf.Tensor;
}

/**
 * The blocks of a row's queries with their masks, made once for all layers. A query sees a key that stands before it, or on it, and whose
 * subtree it is in: `ends` [rows, length] holds for each token the first place after the tokens that continue it. Without `ends` a row is
 * one sequence.
 */
export function attentionBlocks(length: number, ends?: tf.Tensor, blockSize = 128): AttentionBlock[] {
  const size = Math.max(blockSize, Math.ceil(length / MOST_BLOCKS / 64) * 64);
  const blocks: AttentionBlock[] = [];
  for (let start = 0; start < length; start += size) {
    const end = Math.min(length, start + size);
    const queries = tf.reshape(tf.range(start, end, 1, 'int32'), [1, 1, end - start, 1]);
    const keys = tf.reshape(tf.range(0, end, 1, 'int32'), [1, 1, 1, end]);
    let seen: tf.Tensor = tf.lessEqual(keys, queries);
    if (ends) {
      const rows = ends.shape[0]!;
      seen = tf.logicalAnd(seen, tf.less(queries, tf.reshape(tf.slice(ends, [0, 0], [rows, end]), [rows, 1, 1, end])));
    }
    // Zero or -1e9 without a gather or a stored mask.
    blocks.push({ start, end, bias: tf.mul(tf.sub(1, tf.cast(seen, 'float32')), -1e9) });
  }
  return blocks;
}

/**
 * Causal attention of queries [N, heads * S] (already scaled) over keys and values [N, keyValueHeads * S], with N = rows * length.
 * The gradient is written out: softmax's takes two passes over the scores.
 */
export function causalAttention(
  shape: AttentionShape,
  blocks: readonly AttentionBlock[],
  { queries, keys, values }: { readonly queries: tf.Tensor; readonly keys: tf.Tensor; readonly values: tf.Tensor },
): tf.Tensor {
  const { rows, length, heads, keyValueHeads, headSize } = shape;
  const shared = heads / keyValueHeads;
  const batch = rows * keyValueHeads;
  /** [N, n * S] -> [rows, n, length, S] */
  const byHead = (x: tf.Tensor, n: number): tf.Tensor => tf.transpose(tf.reshape(x, [rows, length, n, headSize]), [0, 2, 1, 3]);
  const byToken = (x: tf.Tensor, n: number): tf.Tensor =>
    tf.reshape(tf.transpose(tf.reshape(x, [rows, n, length, headSize]), [0, 2, 1, 3]), [rows * length, n * headSize]);
  /** The block's queries of [rows, heads, length, S] -> [batch, shared * size, S] */
  const blockOf = (x: tf.Tensor, { start, end }: AttentionBlock): tf.Tensor =>
    tf.reshape(tf.slice(tf.reshape(x, [batch, shared, length, headSize]), [0, 0, start, 0], [-1, -1, end - start, -1]), [
      batch,
      shared * (end - start),
      headSize,
    ]);
  const before = (x: tf.Tensor, { end }: AttentionBlock): tf.Tensor => tf.slice(x, [0, 0, 0], [-1, end, -1]);
  /** Blocks' results [batch, shared * size, S] -> [rows, heads, length, S] */
  const joined = (parts: readonly tf.Tensor[]): tf.Tensor =>
    tf.concat(
      parts.map((part, i) => tf.reshape(part, [rows, heads, blocks[i]!.end - blocks[i]!.start, headSize])),
      2,
    );

  return withGradient(
    [queries, keys, values],
    (q, k, v) => {
      const query = byHead(q!, heads);
      const key = tf.reshape(byHead(k!, keyValueHeads), [batch, length, headSize]);
      const value = tf.reshape(byHead(v!, keyValueHeads), [batch, length, headSize]);
      const weights: tf.Tensor[] = [];
      const parts = blocks.map((block) => {
        const size = block.end - block.start;
        const scores = tf.matMul(blockOf(query, block), before(key, block), false, true);
        const weight = tf.softmax(tf.add(tf.reshape(scores, [rows, heads, size, block.end]), block.bias));
        weights.push(tf.reshape(weight, [batch, shared * size, block.end]));
        return tf.matMul(weights.at(-1)!, before(value, block));
      });
      const mixed = joined(parts);
      return { value: byToken(mixed, heads), saved: [query, key, value, mixed, ...weights] };
    },
    (dy, saved) => {
      const [query, key, value, mixed, ...weights] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];
      const change = byHead(dy, heads);
      // Per query: sum over keys of weight * d(weight), which is sum over the head of d(output) * output.
      const along = tf.sum(tf.mul(change, mixed), -1, true);
      const queryParts: tf.Tensor[] = [];
      const keyParts: tf.Tensor[] = [];
      const valueParts: tf.Tensor[] = [];
      for (const [i, block] of blocks.entries()) {
        const size = block.end - block.start;
        const weight = weights[i]!;
        const dOutput = blockOf(change, block);
        const sum = tf.reshape(tf.slice(tf.reshape(along, [batch, shared, length, 1]), [0, 0, block.start, 0], [-1, -1, size, -1]), [
          batch,
          shared * size,
          1,
        ]);
        const dScores = tf.mul(weight, tf.sub(tf.matMul(dOutput, before(value, block), false, true), sum));
        queryParts.push(tf.matMul(dScores, before(key, block)));
        keyParts.push(tf.matMul(dScores, blockOf(query, block), true, false));
        valueParts.push(tf.matMul(weight, dOutput, true, false));
      }
      return [
        byToken(joined(queryParts), heads),
        byToken(summed(keyParts, length), keyValueHeads),
        byToken(summed(valueParts, length), keyValueHeads),
      ];
    },
  );
}

/** Adds up [batch, end, S] parts that start at 0 and end ever later. */
function summed(parts: readonly tf.Tensor[], length: number): tf.Tensor {
  return parts
    .reduce((sum, part) =>
      tf.add(
        part,
        tf.pad(sum, [
          [0, 0],
          [0, part.shape[1]! - sum.shape[1]!],
          [0, 0],
        ]),
      ),
    )
    .reshape([-1, length, parts[0]!.shape[2]!]);
}
