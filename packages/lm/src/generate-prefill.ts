import type { TensorSpec } from '@memtrain/tfjs-jit';
import * as tf from '@tensorflow/tfjs';
import type { GenerationContext } from './generate.ts';
import { parameterInputs } from './parameter-inputs.ts';
import { rotaryTable } from './rotary.ts';
import { cutTrainingBatches, type TrainingBatch } from './training-batch.ts';
import { batchFeeds, batchSpecs } from './training-graph.ts';
import { embed, outputHead, runSequences, sequencePlan, type ParameterTensors } from './transformer.ts';

/** Most prompt tokens read at once: more only fall out of the processor's cache. */
const PREFILL_TOKENS = 512;

/** Most tokens of a row of prompts that begin alike, which is read at once if it is longer. */
const LONGEST_ROW = 4096;

/** A prompt that was read: its next-token logits, and where the keys and values of its tokens are. */
export interface ReadPrompt {
  /** Position in the list of prompts. */
  readonly prompt: number;
  /** [V] logits after the last token; a view. */
  readonly logits: Float32Array;
  /** Number of its tokens. */
  readonly length: number;
  /** Where its tokens stand, in their order. */
  readonly runs: readonly TokenRun[];
  /** Per layer [rows, keyValueHeads, rowLength, headSize], shared with the other prompts of the batch. */
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
  readonly rowLength: number;
}

/** Tokens that stand together in a row. */
export interface TokenRun {
  readonly row: number;
  readonly from: number;
  readonly count: number;
}

/** Reads different prompts, a batch at a time; what several begin with is computed once. */
export async function* readPrompts(context: GenerationContext, prompts: readonly Int32Array[]): AsyncGenerator<ReadPrompt[]> {
  const { configuration } = context;
  const { layers, vocabularySize: V, maxPositions } = configuration;
  // A completion of one token makes the last token of the prompt the place that predicts.
  const asked = prompts.map((prompt) => ({ prompt, completion: new Int32Array(1) }));
  for (const batch of cutTrainingBatches(asked, { tokenBudget: PREFILL_TOKENS, longestRow: LONGEST_ROW, maxPositions })) {
    const compiled = await compilePrefill(context, batch);
    const feeds = [...context.parameters, ...batchFeeds(batch, rotaryTable(configuration, batch.positions))];
    const [logits, ...caches] = (await compiled.run(feeds)) as [Float32Array, ...Float32Array[]];
    const [keys, values] = [caches.slice(0, layers), caches.slice(layers)];
    yield batch.spans.map(({ conversation, start }) => ({
      prompt: conversation,
      logits: logits.subarray(start * V, (start + 1) * V),
      length: prompts[conversation]!.length,
      runs: pathTo(batch, batch.places[start]!),
      keys,
      values,
      rowLength: batch.length,
    }));
  }
}

/** The tokens that a place sees, itself last. */
function pathTo({ length, ends }: TrainingBatch, place: number): TokenRun[] {
  const row = Math.floor(place / length);
  const runs: { row: number; from: number; count: number }[] = [];
  for (let from = 0; from <= place - row * length; from++) {
    if (ends[row * length + from]! <= place - row * length) continue;
    const last = runs.at(-1);
    if (last && last.from + last.count === from) last.count++;
    else runs.push({ row, from, count: 1 });
  }
  return runs;
}

function compilePrefill(context: GenerationContext, batch: TrainingBatch): ReturnType<GenerationContext['compiled']['get']> {
  const { configuration, specs } = context;
  const inputs: TensorSpec[] = [...parameterInputs(specs), ...batchSpecs(configuration, batch)];
  return context.compiled.get(
    `prefill ${specs.length} ${batch.rows} ${batch.length} ${batch.targets}`,
    (...tensors) => {
      const parameters: ParameterTensors = Object.fromEntries(specs.map((spec, i) => [spec.name, tensors[i]!]));
      const [ids, ends, cosines, sines, places] = tensors.slice(specs.length) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const plan = sequencePlan(configuration, { rows: batch.rows, cosines, sines, ends, blockSize: 64 });
      const { hidden, keys, values } = runSequences(configuration, parameters, { embedded: embed(parameters, ids), plan, places });
      const { keyValueHeads, headSize } = configuration;
      const byHead = (x: tf.Tensor): tf.Tensor =>
        tf.transpose(tf.reshape(x, [batch.rows, batch.length, keyValueHeads, headSize]), [0, 2, 1, 3]);
      return [outputHead(configuration, parameters, hidden), ...[...keys, ...values].map(byHead)];
    },
    inputs,
  );
}
