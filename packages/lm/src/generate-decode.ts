import type { TensorSpec } from '@memtrain/tfjs-jit';
import * as tf from '@tensorflow/tfjs';
import type { GeneratingRow } from './generate-row.ts';
import type { CacheShape, KeyValueCache } from './generate-cache.ts';
import type { GenerationContext } from './generate.ts';
import { parameterInputs } from './parameter-inputs.ts';
import { rotaryTable } from './rotary.ts';
import { embed, runToken, type ParameterTensors } from './transformer.ts';

/** Runs one step of every row that is in the batch: its keys and values enter the cache, and its next token is drawn. */
export async function decodeStep(
  context: GenerationContext,
  cache: KeyValueCache,
  rows: readonly (GeneratingRow | undefined)[],
): Promise<void> {
  const { configuration } = context;
  const { shape } = cache;
  const V = configuration.vocabularySize;
  const half = configuration.headSize / 2;
  const count = shape.places * shape.lanes;
  const ids = new Int32Array(count);
  const positions = new Int32Array(count);
  const inverse = new Float32Array(count).fill(1);
  for (const [i, row] of rows.entries()) {
    if (!row) continue;
    ids[i] = row.last;
    positions[i] = row.row.prompt.length + row.length - 1;
    inverse[i] = 1 / row.divisor;
  }
  const { cos, sin } = rotaryTable(configuration, positions);
  const compiled = await context.compiled.get(
    `decode ${context.specs.length} ${shape.places} ${shape.lanes} ${shape.prompt} ${shape.own}`,
    decodeGraph(context, shape),
    [
      ...parameterInputs(context.specs),
      { shape: [count], dtype: 'int32' },
      { shape: [count, half], dtype: 'float32' },
      { shape: [count, half], dtype: 'float32' },
      { shape: [count, 1], dtype: 'float32' },
      ...cacheSpecs(context, shape),
    ],
  );
  const feeds = [...context.parameters, ids, cos, sin, inverse, cache.promptMask, cache.ownMask, ...cache.promptCaches, ...cache.ownCaches];
  const [probabilities, ...added] = (await compiled.run(feeds)) as [Float32Array, ...Float32Array[]];
  for (const [i, row] of rows.entries()) {
    if (!row) continue;
    cache.putToken(i, row.length - 1, added);
    row.draw(probabilities, i * V, V);
  }
}

/** Probabilities at each row's own temperature, and new keys and values, as a function of the feeds of `decodeStep`. */
function decodeGraph({ configuration, specs }: GenerationContext, { places, lanes }: CacheShape): (...inputs: tf.Tensor[]) => tf.Tensor[] {
  const caches = 2 * configuration.layers;
  return (...inputs) => {
    const parameters: ParameterTensors = Object.fromEntries(specs.map((spec, i) => [spec.name, inputs[i]!]));
    const [ids, cosines, sines, inverse, promptMask, ownMask, ...rest] = inputs.slice(specs.length) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      ...tf.Tensor[],
    ];
    const { logits, keys, values } = runToken(configuration, parameters, {
      places,
      lanes,
      embedded: embed(parameters, ids),
      cosines,
      sines,
      promptMask,
      ownMask,
      promptCaches: rest.slice(0, caches),
      ownCaches: rest.slice(caches),
    });
    return [tf.softmax(tf.mul(logits, inverse)), ...keys, ...values];
  };
}

function cacheSpecs({ configuration }: GenerationContext, { places, lanes, prompt, own }: CacheShape): TensorSpec[] {
  const { layers, keyValueHeads: KV, headSize: S } = configuration;
  const spec = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
  return [
    spec(places, prompt),
    spec(places, lanes, own),
    ...Array.from({ length: 2 * layers }, () => spec(places * KV, prompt, S)),
    ...Array.from({ length: 2 * layers }, () => spec(places * KV * lanes, own, S)),
  ];
}
