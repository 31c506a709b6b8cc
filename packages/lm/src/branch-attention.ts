import * as tf from '@tensorflow/tfjs';
import { withGradient } from '@memtrain/tfjs-jit';
import { causalAttention, type AttentionBlock, type AttentionShape } from './causal-attention.ts';

/** What follows each row's trunk: so many branches of so many tokens each. */
export interface BranchShape {
  readonly count: number;
  readonly length: number;
}

/** Branches with their masks, made once for all layers. */
export interface Branches {
  readonly shape: BranchShape;
  /** [rows, 1, trunk]: 0 where branches may look at a token of their trunk, -1e9 elsewhere. */
  readonly trunkBias: tf.Tensor;
  /** [branch, 1, branch]: the same among the tokens of one branch, which is causal. */
  readonly ownBias: tf.Tensor;
}

/** Branches continue the tokens of a trunk whose `ends` [rows, trunk] lie beyond it. */
export function branchesOf(shape: BranchShape, ends: tf.Tensor): Branches {
  const [rows, trunk] = ends.shape as [number, number];
  const queries = tf.reshape(tf.range(0, shape.length, 1, 'int32'), [shape.length, 1, 1]);
  const keys = tf.reshape(tf.range(0, shape.length, 1, 'int32'), [1, 1, shape.length]);
  return {
    shape,
    trunkBias: tf.reshape(biasOf(tf.greater(ends, trunk)), [rows, 1, trunk]),
    ownBias: biasOf(tf.lessEqual(keys, queries)),
  };
}

/** 0 where a key is seen, -1e9 elsewhere, without a gather. */
function biasOf(seen: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sub(1, tf.cast(seen, 'float32')), -1e9);
}

/** Queries [N, heads * S] (already scaled), keys and values [N, keyValueHeads * S]. */
interface Projected {
  readonly queries: tf.Tensor;
  readonly keys: tf.Tensor;
  readonly values: tf.Tensor;
}

/**
 * Attention in rows of a trunk and its branches: all trunks stand first, N = rows * (length + count * branch). No score is computed between two
 * branches, so its cost is that of the conversations alone with their common beginning taken once.
 */
export function branchedAttention(
  shape: AttentionShape,
  blocks: readonly AttentionBlock[],
  branches: Branches,
  projected: Projected,
): tf.Tensor {
  const trunks = shape.rows * shape.length;
  const cut = (x: tf.Tensor): [tf.Tensor, tf.Tensor] => tf.split(x, [trunks, x.shape[0]! - trunks], 0) as [tf.Tensor, tf.Tensor];
  const [[trunkQueries, queries], [trunkKeys, keys], [trunkValues, values]] = [
    cut(projected.queries),
    cut(projected.keys),
    cut(projected.values),
  ];
  const onTrunk = causalAttention(shape, blocks, { queries: trunkQueries, keys: trunkKeys, values: trunkValues });
  return tf.concat([onTrunk, attendFromBranches(shape, branches, [queries, trunkKeys, trunkValues, keys, values])], 0);
}

/** Attention of branches [rows * count * branch, ...] to their trunk [rows * length, ...] and to themselves; the gradient is written out. */
function attendFromBranches(
  { rows, length, heads, keyValueHeads, headSize }: AttentionShape,
  { shape: { count, length: own }, trunkBias, ownBias }: Branches,
  inputs: readonly [queries: tf.Tensor, trunkKeys: tf.Tensor, trunkValues: tf.Tensor, keys: tf.Tensor, values: tf.Tensor],
): tf.Tensor {
  const shared = heads / keyValueHeads;
  const batch = rows * keyValueHeads;
  const queriesOf = count * own * shared; // of one row and key/value head
  /** [rows * tokens, keyValueHeads * width] -> [rows * keyValueHeads, tokens, width] */
  const byHead = (x: tf.Tensor, tokens: number, width: number): tf.Tensor =>
    tf.reshape(tf.transpose(tf.reshape(x, [rows, tokens, keyValueHeads, width]), [0, 2, 1, 3]), [batch, tokens, width]);
  const byToken = (x: tf.Tensor, tokens: number, width: number): tf.Tensor =>
    tf.reshape(tf.transpose(tf.reshape(x, [rows, keyValueHeads, tokens, width]), [0, 2, 1, 3]), [rows * tokens, keyValueHeads * width]);
  /** The same numbers, row by row for the trunk, and branch by branch. */
  const wide = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [batch, queriesOf, -1]);
  const narrow = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [batch * count, own * shared, -1]);
  const keysOf = (x: tf.Tensor): tf.Tensor => tf.reshape(byHead(x, count * own, headSize), [batch * count, own, headSize]);

  return withGradient(
    inputs,
    (q, trunkKeys, trunkValues, ownKeys, ownValues) => {
      const query = wide(byHead(q!, count * own, shared * headSize));
      const [tk, tv] = [byHead(trunkKeys!, length, headSize), byHead(trunkValues!, length, headSize)];
      const [ok, ov] = [keysOf(ownKeys!), keysOf(ownValues!)];
      const onTrunk = tf.add(tf.reshape(tf.matMul(query, tk, false, true), [rows, keyValueHeads * queriesOf, length]), trunkBias);
      const onOwn = tf.add(tf.reshape(tf.matMul(narrow(query), ok, false, true), [batch * count, own, shared, own]), ownBias);
      const weights = tf.softmax(tf.concat([wide(onTrunk), wide(onOwn)], 2));
      const [trunkWeight, ownPart] = tf.split(weights, [length, own], 2) as [tf.Tensor, tf.Tensor];
      const ownWeight = narrow(ownPart);
      const mixed = tf.add(tf.matMul(trunkWeight, tv), wide(tf.matMul(ownWeight, ov)));
      const value = byToken(mixed, count * own, shared * headSize);
      return { value, saved: [query, tk, tv, ok, ov, trunkWeight, ownWeight, mixed] };
    },
    (dy, saved) => {
      const [query, tk, tv, ok, ov, trunkWeight, ownWeight, mixed] = saved as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const change = wide(byHead(dy, count * own, shared * headSize));
      // Per query: sum over keys of weight * d(weight), which is sum over the head of d(output) * output.
      const along = tf.sum(tf.mul(change, mixed), -1, true);
      const dTrunk = tf.mul(trunkWeight, tf.sub(tf.matMul(change, tv, false, true), along));
      const dOwn = tf.mul(ownWeight, tf.sub(tf.matMul(narrow(change), ov, false, true), narrow(along)));
      const dQuery = tf.add(tf.matMul(dTrunk, tk), wide(tf.matMul(dOwn, ok)));
      return [
        byToken(dQuery, count * own, shared * headSize),
        byToken(tf.matMul(dTrunk, query, true, false), length, headSize),
        byToken(tf.matMul(trunkWeight, change, true, false), length, headSize),
        byToken(tf.matMul(dOwn, narrow(query), true, false), count * own, headSize),
        byToken(tf.matMul(ownWeight, narrow(change), true, false), count * own, headSize),
      ];
    },
  );
}
