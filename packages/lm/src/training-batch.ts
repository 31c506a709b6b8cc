import type { Datum } from '@memtrain/policy';
import type { BranchShape } from './branch-attention.ts';
import { LanguageModelError } from './errors.ts';
import { layOutBranches, layOutTrees } from './lay-out-batch.ts';
import { planRows } from './plan-rows.ts';
import { membersOf, type Scored } from './training-tree.ts';

/** Where the log-probabilities of one conversation stand among a batch's targets. */
export interface TargetSpan {
  /** Position of the conversation in the caller's list. */
  readonly conversation: number;
  readonly start: number;
  readonly length: number;
}

/**
 * Rows of tokens with the completion tokens to be predicted from them, in one of two layouts. Packed: a row holds whole trees one after another,
 * the tokens that conversations share, then the rest of each; who sees whom is in `ends` and `positions`. Branched: a row is one tree, and
 * what its conversations do not share stands apart, in `branches` of one length; all rows' shared tokens come first.
 */
export interface TrainingBatch {
  readonly rows: number; // B
  readonly length: number; // T
  /** Branches of each row, in the branched layout. */
  readonly branches?: BranchShape | undefined; // K of L tokens
  readonly targets: number; // N, padded
  /** Tokens that are not padding. */
  readonly tokens: number;
  /** [M] input ids, zeros where padded; M = B * T + B * K * L. */
  readonly ids: Int32Array;
  /** [M] place of each token in its own sequence. */
  readonly positions: Int32Array;
  /** [B, T] first place of the row that does not continue this token; T + 1 where all branches do. */
  readonly ends: Int32Array;
  /** [N] different places in [M] whose hidden state predicts the target. */
  readonly places: Int32Array;
  /** [N] ids to be predicted. */
  readonly wanted: Int32Array;
  readonly spans: readonly TargetSpan[];
}

export interface CutTrainingBatchesOptions {
  /** Most input tokens of a batch, padding included; a single longer conversation makes a batch of its own. */
  readonly tokenBudget: number;
  /** Most tokens of a row that several conversations are packed into. Default: `tokenBudget`. */
  readonly longestRow?: number;
  readonly maxPositions: number;
  /** Cost of attending from one token to another, relative to all else that is done for a token. Default 1/8192. */
  readonly pairCost?: number;
  /** Whether batches may be branched, where that is less to compute. Default: all are packed. */
  readonly branched?: boolean;
}

/**
 * Cuts conversations into batches. Those that begin with the same tokens share them; rows are laid out so that about the least is
 * computed. Full batches have the same shape, so that few are compiled.
 */
export function cutTrainingBatches(conversations: readonly Scored[], options: CutTrainingBatchesOptions): TrainingBatch[] {
  const { tokenBudget, longestRow = tokenBudget, maxPositions, pairCost = 1 / 8192, branched = false } = options;
  const members = membersOf(conversations, maxPositions);
  if (members.length === 0) return [];
  const batches: TrainingBatch[] = [];
  for (const { rows, length, rowTokens, branches } of planRows(members, { tokenBudget, longestRow, pairCost, branched })) {
    const most = 2 ** Math.floor(Math.log2(Math.max(1, tokenBudget / rowTokens)));
    for (let from = 0, count = most; from < rows.length; from += count) {
      // Full batches, then ever smaller powers of two: no row is empty.
      while (count > rows.length - from) count /= 2;
      const taken = rows.slice(from, from + count);
      batches.push(
        branches ? layOutBranches(taken.flat(), { length, branches }, conversations) : layOutTrees(taken, length, conversations),
      );
    }
  }
  return batches;
}

/** Per-target values of a batch: old and reference log-probabilities, advantages, weights; zero weight where padded. */
export interface TargetValues {
  readonly old: Float32Array;
  readonly advantage: Float32Array;
  readonly reference: Float32Array;
  readonly weight: Float32Array;
}

/** Lays the data's per-token values out along a batch's targets. Throws `LanguageModelError` (`bad-datum`) for arrays of another length. */
export function targetValues(
  batch: TrainingBatch,
  data: readonly Datum[],
  options: { readonly needsOld: boolean; readonly needsReference: boolean },
): TargetValues {
  const make = (): Float32Array => new Float32Array(batch.targets);
  const values = { old: make(), advantage: make(), reference: make(), weight: make() };
  for (const span of batch.spans) {
    const datum = data[span.conversation]!;
    const fill = (target: Float32Array, source: number | Float32Array | undefined, name: string): void => {
      if (typeof source === 'number') target.fill(source, span.start, span.start + span.length);
      else if (source?.length === span.length) target.set(source, span.start);
      else
        throw new LanguageModelError(
          'bad-datum',
          `datum ${span.conversation}: ${name} has ${source?.length ?? 'no'} values for ${span.length} completion tokens`,
        );
    };
    if (options.needsOld) fill(values.old, datum.logprobs, 'logprobs');
    if (options.needsReference) fill(values.reference, datum.reference, 'reference');
    fill(values.advantage, datum.advantage, 'advantage');
    fill(values.weight, datum.weight, 'weight');
  }
  return values;
}
