import type { Datum } from '@memtrain/policy';
import { rowLengths } from './bucket.ts';
import { LanguageModelError } from './errors.ts';
import { growTrees, membersOf, type Scored, type Tree } from './training-tree.ts';

/** Where the log-probabilities of one conversation stand among a batch's targets. */
export interface TargetSpan {
  /** Position of the conversation in the caller's list. */
  readonly conversation: number;
  readonly start: number;
  readonly length: number;
}

/**
 * Rows of tokens with the completion tokens to be predicted from them. A row holds whole trees one after another: the tokens that conversations
 * share, then the rest of each. Who sees whom is in `ends` and `positions`.
 */
export interface TrainingBatch {
  readonly rows: number; // B
  readonly length: number; // T
  readonly targets: number; // N, padded
  /** Tokens that are not padding. */
  readonly tokens: number;
  /** [B * T] input ids, zeros where padded. */
  readonly ids: Int32Array;
  /** [B * T] place of each token in its own sequence. */
  readonly positions: Int32Array;
  /** [B, T] first place of the row that does not continue this token. */
  readonly ends: Int32Array;
  /** [N] different places in [B * T] whose hidden state predicts the target. */
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
}

/** Cost of attending to one token, relative to all else that is done for a token. Only guides how long rows are made. */
const PAIR_COST = 1 / 8192;

/**
 * Cuts conversations into batches. Those that begin with the same tokens share them; trees are packed into rows of one length, chosen so that
 * the least is computed. Full batches have the same shape, so that few are compiled.
 */
export function cutTrainingBatches(conversations: readonly Scored[], options: CutTrainingBatchesOptions): TrainingBatch[] {
  const { tokenBudget, longestRow = tokenBudget, maxPositions } = options;
  const members = membersOf(conversations, maxPositions);
  if (members.length === 0) return [];
  const longest = Math.max(...members.map(({ input }) => input.length));
  let best: { rows: Tree[][]; length: number; cost: number } | undefined;
  for (const length of rowLengths(longest, longestRow)) {
    const rows = packRows(growTrees(members, length), length);
    const cost = rows.length * length * (1 + length * PAIR_COST);
    if (!best || cost < best.cost) best = { rows, length, cost };
  }
  const { rows, length } = best!;
  const batches: TrainingBatch[] = [];
  const most = 2 ** Math.floor(Math.log2(Math.max(1, tokenBudget / length)));
  for (let from = 0, count = most; from < rows.length; from += count) {
    // Full batches, then ever smaller powers of two: no row is empty.
    while (count > rows.length - from) count /= 2;
    batches.push(layOut(rows.slice(from, from + count), length, conversations));
  }
  return batches;
}

/** Puts trees into rows, the largest first, each where it leaves the least room. */
function packRows(trees: readonly Tree[], length: number): Tree[][] {
  const rows: { trees: Tree[]; room: number }[] = [];
  const order = [...trees].sort((a, b) => b.size - a.size || a.members[0]!.conversation - b.members[0]!.conversation);
  for (const tree of order) {
    let fit: { trees: Tree[]; room: number } | undefined;
    for (const row of rows) if (row.room >= tree.size && (!fit || row.room < fit.room)) fit = row;
    if (!fit) rows.push((fit = { trees: [], room: length }));
    fit.trees.push(tree);
    fit.room -= tree.size;
  }
  return rows.map((row) => row.trees);
}

function layOut(rows: readonly Tree[][], length: number, conversations: readonly Scored[]): TrainingBatch {
  const total = rows.length * length;
  const ids = new Int32Array(total);
  const positions = new Int32Array(total);
  const ends = new Int32Array(total);
  const spans: TargetSpan[] = [];
  const places: number[] = [];
  const wanted: number[] = [];
  let tokens = 0;
  for (const [r, trees] of rows.entries()) {
    let at = 0;
    /** Lays tokens [from, to) of an input at `at`; what they continue into ends at `end`. */
    const lay = (input: Int32Array, from: number, to: number, end: number): void => {
      ids.set(input.subarray(from, to), r * length + at);
      for (let t = from; t < to; t++, at++) {
        positions[r * length + at] = t;
        ends[r * length + at] = end;
      }
    };
    for (const { shared, members, size } of trees) {
      tokens += size;
      lay(members[0]!.input, 0, shared, at + size);
      for (const { conversation, input, shareable } of members) {
        const first = r * length + at + shareable - shared;
        lay(input, shared, input.length, at + input.length - shared);
        const { completion } = conversations[conversation]!;
        spans.push({ conversation, start: places.length, length: completion.length });
        for (const [t, id] of completion.entries()) {
          places.push(first + t);
          wanted.push(id);
        }
      }
    }
    // Padding sees itself.
    ends.fill(length, r * length + at, (r + 1) * length);
  }
  const targets = targetBucket(places.length, total);
  padPlaces(places, targets, total);
  return {
    rows: rows.length,
    length,
    targets,
    tokens,
    ids,
    positions,
    ends,
    places: Int32Array.from(places),
    wanted: Int32Array.from({ length: targets }, (_, i) => wanted[i] ?? 0),
    spans,
  };
}

/** Targets are padded to a power of two or halfway between two, but there are no more of them than tokens. */
function targetBucket(count: number, most: number): number {
  let bucket = 8;
  while (bucket < count) bucket *= 2;
  if (bucket >= 128 && count <= (bucket / 4) * 3) bucket = (bucket / 4) * 3;
  return Math.min(bucket, most);
}

/** Fills up with places that are in no list yet: each place is read once, so gradients can be put back without adding. */
function padPlaces(places: number[], targets: number, total: number): void {
  const taken = new Set(places);
  for (let place = 0; place < total && places.length < targets; place++) if (!taken.has(place)) places.push(place);
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
