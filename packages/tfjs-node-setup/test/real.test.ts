import { describe, expect, test } from '@jest/globals';
import { checkTensorFlow, findTensorFlow, loadTensorFlow } from '../src/index.ts';

// Runs only where TensorFlow was set up before: `npx @memtrain/tfjs-node-setup` downloads some hundred megabytes.
const installation = findTensorFlow();

(installation ? describe : describe.skip)('TensorFlow as set up on this machine', () => {
  test('computes in a process of its own', async () => {
    expect(await checkTensorFlow(installation!)).toMatchObject({ tensorflow: installation!.tensorflow });
  });

  test('shares its backend with a copy of TensorFlow.js that the program has already', async () => {
    const tf = await import('@tensorflow/tfjs');
    await tf.setBackend('cpu');
    const loaded = await loadTensorFlow<typeof tf>();
    expect(loaded.getBackend()).toBe('tensorflow');
    expect(tf.getBackend()).toBe('tensorflow');
    const gradient = tf.grad((x) => tf.sum(tf.square(tf.matMul(x, [[2], [1]]))))(tf.tensor2d([[1, 3]]));
    expect([...gradient.dataSync()]).toEqual([20, 10]);
    expect(tf.memory().numTensors).toBe(loaded.memory().numTensors);
  });
});
