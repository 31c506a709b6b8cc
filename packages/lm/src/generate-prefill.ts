import type { TensorSpec } from '@memtrain/tfjs-jit';
import * as tf from '@tensorflow/tfjs';
import type { GenerationContext } from './generate.ts';
import { parameterInputs } from './parameter-inputs.ts';
import { rotaryTable } from './rotary.ts';
import { cutTrainingBatches, type TrainingBatch } from './training-batch.ts';
import { batchFeeds, batchSpecs } from './training-graph.ts';
import { embed, outputHead, runSequences, sequencePlan, type ParameterTensors } from './transformer.ts';

/** Most prompt tokens read at once. */
const PREFILL_TOKENS = 4096;

/** A prompt that was read: its next-token logits, and where the keys and values of its tokens are. */
export interface ReadPrompt {
  /** Position in the list of prompts. */
  readonly prompt: number;
  /** [V] logits after the last token; a view. */
  readonly logits: Float32Array;
  /** Row of `keys` and `values` of each token. */
  readonly places: Int32Array;
  /** Per layer [rows, keyValueHeads * headSize], shared with the other prompts of the batch. */
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

/** Reads different prompts, a batch at a time; what several begin with is computed once. */
export async function* readPrompts(context: GenerationContext, prompts: readonly Int32Array[]): AsyncGenerator<ReadPrompt[]> {
  const { configuration } = context;
  const { layers, vocabularySize: V, maxPositions } = configuration;
  // A completion of one token makes the last token of the prompt the place that predicts.
  const asked = prompts.map((prompt) => ({ prompt, completion: new Int32Array(1) }));
  for (const batch of cutTrainingBatches(asked, { tokenBudget: PREFILL_TOKENS, maxPositions })) {
    const compiled = await compilePrefill(context, batch);
    const feeds = [...context.parameters, ...batchFeeds(batch, rotaryTable(configuration, batch.positions))];
    const [logits, ...caches] = (await compiled.run(feeds)) as [Float32Array, ...Float32Array[]];
    const [keys, values] = [caches.slice(0, layers), caches.slice(layers)];
    yield batch.spans.map(({ conversation, start }) => ({
      prompt: conversation,
      logits: logits.subarray(start * V, (start + 1) * V),
      places: pathTo(batch, batch.places[start]!),
      keys,
      values,
    }));
  }
}

/** Places of the tokens that a place sees, itself last. */
function pathTo({ length, ends }: TrainingBatch, place: number): Int32Array {
  const row = Math.floor(place / length) * length;
  const places: number[] = [];
  for (let key = row; key <= place; key++) if (place - row < ends[key]!) places.push(key);
  return Int32Array.from(places);
}

function compilePrefill(context: GenerationContext, batch: TrainingBatch): ReturnType<GenerationContext['compiled']['get']> {
  const { configuration, specs } = context;
  const inputs: TensorSpec[] = [...parameterInputs(specs), ...batchSpecs(configuration, batch)];
  return context.compiled.get(
    `prefill ${specs.length} ${batch.rows} ${batch.length} ${batch.targets}`,
    (...tensors) => {
      const parameters: ParameterTensors = Object.fromEntries(specs.map((spec, i) => [spec.name, tensors[i]!]));
      const [ids, ends, cosines, sines, places] = tensors.slice(specs.length) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const plan = sequencePlan(configuration, { rows: batch.rows, cosines, sines, ends });
      const { hidden, keys, values } = runSequences(configuration, parameters, { embedded: embed(parameters, ids), plan });
      return [outputHead(configuration, parameters, tf.gather(hidden, places)), ...keys, ...values];
    },
    inputs,
  );
}
