import { searchBlocks } from './search-blocks.ts';
import { searchSeen } from './search-seen.ts';
import { leastScore, postingsOf } from './shard-search.ts';
import type { PreparedShard, ShardSearch, WeightedTerm } from './shard-search.ts';

/** Bounds and sums are rounded in different orders. */
const SLACK = 1.0001;
/** Where the terms that a good passage must hold have fewer postings a passage than this, only those that hold one are looked at. */
const SPARSE = 1 / 8;

/**
 * Puts a shard's passages among the best, by BM25; `terms` come rarest first. Passages that hold only terms too frequent to reach the best
 * ones are not looked at, and others are dropped as soon as the rest cannot bring them there (MaxScore; Turtle and Flood, 1995): the
 * results are those of adding up everything.
 */
export function searchShard(shard: PreparedShard, terms: readonly WeightedTerm[], search: ShardSearch): void {
  const rest = new Float64Array(terms.length + 1);
  for (let i = terms.length - 1; i >= 0; i--) rest[i] = rest[i + 1]! + terms[i]!.weight * shard.bounds[terms[i]!.term]! * SLACK;
  const least = leastScore(search);
  // What holds none of the essential terms cannot get above the last of the best.
  let essential = 0;
  let postings = 0;
  for (; essential < terms.length && rest[essential]! > least; essential++) postings += postingsOf(shard, terms[essential]!.term);
  if (postings < SPARSE * shard.size) searchSeen(shard, terms, { ...search, rest, essential });
  else searchBlocks(shard, terms, { ...search, rest });
}
