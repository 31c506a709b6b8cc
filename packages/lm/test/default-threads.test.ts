import { expect, test } from '@jest/globals';
import { createLanguageModel, type Executor, type LanguageModelConfiguration } from '../src/index.ts';
import { tiny, words } from './tiny-model.ts';

/** Threads that a model's graphs are compiled for. */
async function threadsOf(configuration: LanguageModelConfiguration, threads?: number): Promise<number | undefined> {
  let seen: number | undefined;
  const executor: Executor = {
    name: 'recording',
    async compile(_, __, options) {
      seen = options.threads;
      throw new Error('enough was seen');
    },
  };
  const model = createLanguageModel({ configuration, tokenizer: words, seed: 1, executor, ...(threads !== undefined && { threads }) });
  await expect(model.forward([{ prompt: Int32Array.of(2), completion: Int32Array.of(3) }] as never)).rejects.toThrow('enough was seen');
  return seen;
}

test('a model of fewer than a million weights runs on one thread, a larger one on as many as ONNX Runtime chooses', async () => {
  expect(await threadsOf(tiny)).toBe(1);
  // Four layers with three matrices of 16 x 6000.
  expect(await threadsOf({ ...tiny, layers: 4, intermediateSize: 6000 })).toBeUndefined();
});

test('threads that are asked for are used, whatever the size', async () => {
  expect(await threadsOf(tiny, 3)).toBe(3);
  expect(await threadsOf({ ...tiny, layers: 4, intermediateSize: 6000 }, 2)).toBe(2);
});
