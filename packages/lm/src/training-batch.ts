import type { Conversation, Datum } from '@memtrain/policy';
import { lengthBucket, rowBucket } from './bucket.ts';
import { LanguageModelError } from './errors.ts';

/** Where the log-probabilities of one conversation stand among a batch's targets. */
export interface TargetSpan {
  /** Position of the conversation in the caller's list. */
  readonly conversation: number;
  readonly start: number;
  readonly length: number;
}

/** A padded batch of input rows, and the completion tokens to be predicted from them. Conversations with the same input share a row. */
export interface TrainingBatch {
  readonly rows: number; // B, padded
  readonly length: number; // T, padded
  readonly targets: number; // N, padded
  /** [B, T] input ids, zeros where padded. */
  readonly ids: Int32Array;
  /** [N] flat places in [B * T] whose hidden state predicts the target. */
  readonly places: Int32Array;
  /** [N] ids to be predicted. */
  readonly wanted: Int32Array;
  readonly spans: readonly TargetSpan[];
}

/** Most attention scores of one head in a batch: rows times length squared. Long rows are computed few at a time. */
const MOST_SCORES = 2 ** 23;

/** Padded tokens below which a batch takes in rows of any length. */
const SMALL_BATCH = 4096;

interface Row {
  readonly ids: Int32Array;
  readonly members: number[];
}

/**
 * Cuts conversations into batches of at most `tokenBudget` padded input tokens.
 * The input of a conversation is its prompt and all but the last completion token; equal inputs are computed once.
 */
export function cutTrainingBatches(conversations: readonly Conversation[], tokenBudget: number, maxPositions: number): TrainingBatch[] {
  const rows = new Map<string, Row>();
  for (const [index, { prompt, completion }] of conversations.entries()) {
    if (prompt.length === 0 || completion.length === 0) {
      throw new LanguageModelError(
        'bad-datum',
        `conversation ${index} has ${prompt.length} prompt and ${completion.length} completion tokens: both need at least one`,
      );
    }
    const length = prompt.length + completion.length - 1;
    if (length > maxPositions) {
      throw new LanguageModelError(
        'prompt-too-long',
        `conversation ${index} has ${length + 1} tokens, but the model has ${maxPositions} positions`,
      );
    }
    const ids = new Int32Array(length);
    ids.set(prompt);
    ids.set(completion.subarray(0, completion.length - 1), prompt.length);
    const key = ids.join();
    const known = rows.get(key);
    if (known) known.members.push(index);
    else rows.set(key, { ids, members: [index] });
  }
  const batches: TrainingBatch[] = [];
  const sorted = [...rows.values()].sort((a, b) => b.ids.length - a.ids.length);
  for (let from = 0; from < sorted.length;) {
    const length = lengthBucket(sorted[from]!.ids.length);
    const most = Math.max(1, Math.floor(Math.min(tokenBudget / length, MOST_SCORES / length ** 2)));
    let to = from + 1;
    // Short rows join a batch of long ones while it is small: another shape would cost a compilation, padding costs less.
    while (to < sorted.length && to - from < most && (sorted[to]!.ids.length > length / 2 || (to - from) * length < SMALL_BATCH)) to++;
    batches.push(pack(sorted.slice(from, to), length, conversations));
    from = to;
  }
  return batches;
}

function pack(rows: readonly Row[], length: number, conversations: readonly Conversation[]): TrainingBatch {
  const B = rowBucket(rows.length);
  const spans: TargetSpan[] = [];
  let count = 0;
  for (const row of rows) for (const conversation of row.members) count += conversations[conversation]!.completion.length;
  const N = 2 ** Math.ceil(Math.log2(Math.max(32, count)));
  const ids = new Int32Array(B * length);
  const places = new Int32Array(N);
  const wanted = new Int32Array(N);
  let at = 0;
  for (const [r, row] of rows.entries()) {
    ids.set(row.ids, r * length);
    for (const conversation of row.members) {
      const { prompt, completion } = conversations[conversation]!;
      spans.push({ conversation, start: at, length: completion.length });
      for (let t = 0; t < completion.length; t++, at++) {
        places[at] = r * length + prompt.length - 1 + t;
        wanted[at] = completion[t]!;
      }
    }
  }
  return { rows: B, length, targets: N, ids, places, wanted, spans };
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
