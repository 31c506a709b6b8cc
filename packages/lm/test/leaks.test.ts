import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Datum, Request } from '@memtrain/policy';
import { createLanguageModel, onnxruntimeExecutor, type Executor } from '../src/index.ts';
import { tiny, words } from './tiny-model.ts';

test('ten steps of sampling and training leave no tensors behind, and all sessions are freed', async () => {
  let open = 0;
  let made = 0;
  const executor: Executor = {
    name: 'counting',
    async compile(fn, specs, options) {
      const compiled = await onnxruntimeExecutor.compile(fn, specs, options);
      open++;
      made++;
      return {
        inputs: compiled.inputs,
        outputs: compiled.outputs,
        run: compiled.run,
        async dispose() {
          open--;
          await compiled.dispose();
        },
      };
    },
  };
  const model = createLanguageModel({ configuration: tiny, tokenizer: words, seed: 1, threads: 1, executor });
  const counts: [number, number][] = [];
  for (let step = 0; step < 10; step++) {
    const requests = [1, 2, 3].map((seed): Request => ({ prompt: `w1 w${seed} w3`, seed: 10 * step + seed }));
    const data: Datum[] = [];
    for await (const result of (await model.model()).complete(requests, { maxTokens: 4 })) {
      if ('conversation' in result) data.push({ ...result.conversation!, advantage: 1, weight: 1 });
    }
    await model.forwardBackward(data, { kind: 'policyGradient', clipLow: 0.2, clipHigh: 0.2, kl: 0 });
    await model.optimStep({ learningRate: 1e-3 });
    counts.push([tf.memory().numTensors, open]);
  }
  // A few shapes (how many rows finish early varies), each compiled once.
  expect(new Set(counts.map(([tensors]) => tensors)).size).toBe(1);
  expect(made).toBe(open);
  expect(made).toBeLessThan(12);
  await model.dispose();
  expect(open).toBe(0);
});
