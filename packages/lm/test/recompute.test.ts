import { expect, test } from '@jest/globals';
import { compile } from '@memtrain/tfjs-jit';
import type { Datum } from '@memtrain/policy';
import { CompiledCache } from '../src/compiled-cache.ts';
import { initialParameters, parameterSpecs } from '../src/parameters.ts';
import { TrainingStep } from '../src/training-step.ts';
import { tiny } from './tiny-model.ts';

/** Calls of matrix products in one training step, counted by ONNX Runtime after it optimised the graph. */
async function products(recompute: boolean, layers: number): Promise<number> {
  const profiles: (() => Promise<readonly { readonly operator: string; readonly calls: number }[]>)[] = [];
  const compiled = new CompiledCache({
    compileOptions: { threads: 1, profile: true },
    executor: {
      name: 'profiled',
      compile: async (fn, specs, options) => {
        const made = await compile(fn, specs, options);
        profiles.push(() => made.profile());
        return made;
      },
    },
  });
  const configuration = { ...tiny, layers };
  const step = new TrainingStep({
    configuration,
    trainable: parameterSpecs(configuration),
    parameters: initialParameters(configuration, 1),
    compiled,
    recompute,
  });
  const datum: Datum = {
    prompt: Int32Array.of(2, 3, 4),
    completion: Int32Array.of(5, 6, 7),
    logprobs: new Float32Array(3),
    finish: 'stop',
    advantage: 1,
    weight: 1,
  };
  await step.forwardBackward([datum], { kind: 'crossEntropy' });
  let calls = 0;
  for (const profile of profiles)
    for (const { operator, calls: count } of await profile()) if (/MatMul|Gemm/.test(operator)) calls += count;
  await compiled.dispose();
  return calls;
}

test('layers that are computed again for their gradient are computed again in the optimised graph, too', async () => {
  const [kept, again] = [await products(false, 2), await products(true, 2)];
  const [keptMore, againMore] = [await products(false, 3), await products(true, 3)];
  // A layer's forward pass has seven projections and two products of attention; the last layer's projections down and out are needed by no gradient.
  expect(again).toBeGreaterThanOrEqual(kept + 2 * 7);
  expect(againMore - again - (keptMore - kept)).toBeGreaterThanOrEqual(7);
});
