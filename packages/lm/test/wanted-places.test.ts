import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { compile } from '@memtrain/tfjs-jit';
import { initialParameters, parameterSpecs, parameterViews } from '../src/parameters.ts';
import { parameterInputs } from '../src/parameter-inputs.ts';
import { embed, plainPlan, runSequences, type ParameterTensors } from '../src/transformer.ts';
import { tiny } from './tiny-model.ts';

const specs = parameterSpecs(tiny);
const [rows, length] = [2, 5];
const ids = Int32Array.from({ length: rows * length }, (_, i) => 2 + ((i * 7) % 22));
const places = [7, 0, 9, 3];

/** Hidden states at the places and the gradient of a sum of them by every parameter, with the places asked for or picked from all. */
async function atPlaces(asked: boolean, recompute: boolean): Promise<number[][]> {
  const compiled = await compile(
    (...inputs) => {
      const parameters: ParameterTensors = Object.fromEntries(specs.map(({ name }, i) => [name, inputs[i]!]));
      const chosen = tf.tensor1d(places, 'int32');
      const plan = plainPlan(tiny, rows, length);
      const hidden = (weights: ParameterTensors): tf.Tensor => {
        const options = { embedded: embed(weights, inputs[specs.length]!), plan, recompute };
        if (asked) return runSequences(tiny, weights, { ...options, places: chosen }).hidden;
        return tf.gather(runSequences(tiny, weights, options).hidden, chosen);
      };
      const trained = specs.filter(({ name }) => name.includes('.layers.'));
      const loss = (...weights: tf.Tensor[]): tf.Tensor =>
        tf.sum(tf.square(hidden({ ...parameters, ...Object.fromEntries(trained.map(({ name }, i) => [name, weights[i]!])) })));
      return [hidden(parameters), ...tf.grads(loss)(trained.map(({ name }) => parameters[name]!))];
    },
    [...parameterInputs(specs), { shape: [rows * length], dtype: 'int32' }],
    { threads: 1 },
  );
  const made = await compiled.run([...parameterViews(initialParameters(tiny, 3), specs), ids]);
  await compiled.dispose();
  return made.map((values) => [...values]);
}

test.each([false, true])(
  'hidden states asked for at a few places are those of all tokens there, and so are their gradients (recompute %s)',
  async (recompute) => {
    const [few, all] = [await atPlaces(true, recompute), await atPlaces(false, recompute)];
    expect(few).toHaveLength(all.length);
    expect(few[0]).toHaveLength(places.length * tiny.hiddenSize);
    for (const [i, values] of few.entries()) {
      const size = Math.max(...all[i]!.map(Math.abs));
      for (const [j, value] of values.entries()) expect(Math.abs(value - all[i]![j]!)).toBeLessThan(1e-5 * Math.max(1, size));
    }
  },
);
