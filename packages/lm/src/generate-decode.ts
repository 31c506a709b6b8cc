import type { TensorSpec } from '@memtrain/tfjs-jit';
import * as tf from '@tensorflow/tfjs';
import type { LanguageModelConfiguration } from './configuration.ts';
import { cacheSpecs, type CacheShape, type KeyValueCache } from './generate-cache.ts';
import type { GeneratingRow } from './generate-row.ts';
import { runToken, TokenWeights } from './generate-token.ts';
import { decodingWeights, type DecodingWeight } from './generate-weights.ts';
import type { GenerationContext } from './generate.ts';
import { parameterInputs } from './parameter-inputs.ts';
import { rotaryTable } from './rotary.ts';

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
  const weights = decodingWeights(context);
  const inputs: TensorSpec[] = [
    ...parameterInputs(weights),
    { shape: [count], dtype: 'int32' },
    { shape: [count, half], dtype: 'float32' },
    { shape: [count, half], dtype: 'float32' },
    { shape: [count, 1], dtype: 'float32' },
    ...cacheSpecs(configuration, shape),
  ];
  const compiled = await context.compiled.get(
    `decode ${weights.length} ${shape.places} ${shape.lanes} ${shape.prompt} ${shape.own}`,
    decodeGraph(configuration, weights, shape),
    inputs,
  );
  const feeds = [...weights.map(({ data }) => data), ids, cos, sin, inverse, ...cache.feeds];
  const [probabilities, ...added] = (await compiled.run(feeds)) as [Float32Array, ...Float32Array[]];
  cache.putTokens(
    Int32Array.from(rows, (row) => (row ? row.length - 1 : -1)),
    added,
  );
  for (const [i, row] of rows.entries()) row?.draw(probabilities, i * V, V);
}

/** Probabilities at each row's own temperature, and new keys and values, as a function of the feeds of `decodeStep`. */
function decodeGraph(
  configuration: LanguageModelConfiguration,
  weights: readonly DecodingWeight[],
  { places, lanes }: CacheShape,
): (...inputs: tf.Tensor[]) => tf.Tensor[] {
  const { layers } = configuration;
  return (...inputs) => {
    const [ids, cosines, sines, inverse, ownMask, ...rest] = inputs.slice(weights.length) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      ...tf.Tensor[],
    ];
    const [own, [promptMask, ...prompt]] = [rest.slice(0, 2 * layers), rest.slice(2 * layers)];
    const caches = Array.from({ length: layers }, (_, layer) => ({
      ownKeys: own[layer]!,
      ownValues: own[layers + layer]!,
      promptKeys: prompt[layer],
      promptValues: prompt[layers + layer],
    }));
    const input = { places, lanes, ids, cosines, sines, ownMask, promptMask, caches };
    const { logits, keys, values } = runToken(configuration, new TokenWeights(weights, inputs), input);
    return [tf.softmax(tf.mul(logits, inverse)), ...keys, ...values];
  };
}
