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
export type DecodeStep = (rows: readonly (GeneratingRow | undefined)[]) => Promise<void>;

/** The step of rows whose keys and values are in a cache. */
export function decoder(context: GenerationContext, cache: KeyValueCache): DecodeStep {
  const { configuration, compiled } = context;
  const { shape } = cache;
  const V = configuration.vocabularySize;
  const half = configuration.headSize / 2;
  const count = shape.places * shape.lanes;
  const weights = decodingWeights(context);
  const parameters = weights.map(({ data }) => data);
  const inputs: TensorSpec[] = [
    ...parameterInputs(weights),
    { shape: [count], dtype: 'int32' },
    { shape: [count, half], dtype: 'float32' },
    { shape: [count, half], dtype: 'float32' },
    { shape: [count, 1], dtype: 'float32' },
    ...cacheSpecs(configuration, shape),
  ];
  const signature = `decode ${weights.length} ${shape.places} ${shape.lanes} ${shape.prompt} ${shape.own}`;
  const graph = decodeGraph(configuration, weights, shape);
  return async (rows) => {
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
    // Asked for anew each time: what is not used for long is freed.
    const { run } = await compiled.get(signature, graph, inputs);
    const [probabilities, ...added] = (await run([...parameters, ids, cos, sin, inverse, ...cache.feeds])) as [
      Float32Array,
      ...Float32Array[],
    ];
    cache.putTokens(
      Int32Array.from(rows, (row) => (row ? row.length - 1 : -1)),
      added,
    );
    for (const [i, row] of rows.entries()) row?.draw(probabilities, i * V, V);
  };
}

/** Probabilities at each row's own temperature, and new keys and values, as a function of the feeds of a `DecodeStep`. */
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
