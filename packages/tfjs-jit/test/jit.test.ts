import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { jit } from '@memtrain/tfjs-jit';

describe('jit', () => {
  test('takes and returns tensors in arrays and objects, next to plain values', async () => {
    const dense = jit(({ w, b }: { w: tf.Tensor; b: tf.Tensor }, [x]: [tf.Tensor], activation: 'relu' | 'none') => {
      const y = tf.add(tf.matMul(x, w), b);
      return { y: activation === 'relu' ? tf.relu(y) : y, parts: [tf.sum(y), 'fixed', null] as const };
    });
    const parameters = { w: tf.tensor2d([[1, -1]]), b: tf.tensor1d([0, 0.5]) };
    const x = tf.tensor2d([[2], [3]]);
    const result = await dense(parameters, [x], 'relu');
    expect(await result.y.array()).toEqual([
      [2, 0],
      [3, 0],
    ]);
    expect(result.y.dtype).toBe('float32');
    expect(result.parts.slice(1)).toEqual(['fixed', null]);
    const plain = await dense(parameters, [x], 'none');
    expect(await plain.y.array()).toEqual([
      [2, -1.5],
      [3, -2.5],
    ]);
    expect(dense.size).toBe(2);
    await dense.dispose();
  });

  test('traces once for a signature, again for another shape or type', async () => {
    let traces = 0;
    const twice = jit((x: tf.Tensor) => {
      traces += 1;
      return tf.add(x, x);
    });
    const results = await Promise.all(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ].map((values) => twice(tf.tensor1d(values))),
    );
    expect(results.map((result) => Array.from(result.dataSync()))).toEqual([
      [2, 4],
      [6, 8],
      [10, 12],
    ]);
    expect(traces).toBe(1);
    await twice(tf.tensor1d([1, 2, 3]));
    const integers = await twice(tf.tensor1d([1, 2], 'int32'));
    expect(integers.dtype).toBe('int32');
    expect([traces, twice.size]).toEqual([3, 3]);
    await twice.dispose();
  });

  test('gradients, bool and int32 pass through real tensors', async () => {
    const step = jit((x: tf.Tensor, keep: tf.Tensor) => {
      const gradient = tf.grad((y: tf.Tensor) => tf.sum(tf.where(keep, tf.square(y), tf.zerosLike(y))))(x);
      return { gradient, positive: tf.greater(x, 0), best: tf.argMax(x) };
    });
    const { gradient, positive, best } = await step(tf.tensor1d([3, -1, 2]), tf.tensor1d([true, true, false], 'bool'));
    expect([gradient, positive, best].map((tensor) => Array.from(tensor.dataSync()))).toEqual([[6, -2, 0], [1, 0, 1], [0]]);
    expect([positive.dtype, best.dtype]).toEqual(['bool', 'int32']);
    await step.dispose();
  });

  test('trees of any depth, gradients by grads, valueAndGrads and customGrad', async () => {
    interface Layer extends Record<string, tf.Tensor> {
      w: tf.Tensor;
      b: tf.Tensor;
    }
    const model = jit((layers: Layer[], { x, y }: { x: tf.Tensor; y: tf.Tensor }) => {
      const rounded = tf.customGrad((input) => ({ value: tf.round(input as tf.Tensor), gradFunc: (dy) => dy }));
      const loss = (...flat: tf.Tensor[]): tf.Scalar => {
        const hidden = tf.tanh(tf.add(tf.matMul(x, flat[0]!), flat[1]!));
        return tf.mean(tf.square(tf.sub(rounded(tf.add(tf.matMul(hidden, flat[2]!), flat[3]!)), y)));
      };
      const flat = layers.flatMap(({ w, b }) => [w, b]);
      const { value, grads } = tf.valueAndGrads(loss)(flat);
      const again = tf.grads(loss)(flat);
      return { value, layers: [0, 1].map((index) => ({ w: grads[2 * index]!, b: again[2 * index + 1]! })) };
    });
    const layers = [
      { w: tf.tensor2d([[1, -1]]), b: tf.tensor1d([0, 0.5]) },
      { w: tf.tensor2d([[2], [1]]), b: tf.tensor1d([0.3]) },
    ];
    const batch = { x: tf.tensor2d([[0.5], [1]]), y: tf.tensor2d([[2], [0]]) };
    const result = await model(layers, batch);
    // tanh(0.5) 2 + tanh(0) + 0.3 = 1.22 -> 1; tanh(1) 2 + tanh(-0.5) + 0.3 = 1.36 -> 1.
    expect(result.value.dataSync()[0]).toBeCloseTo(1, 6);
    expect(result.layers[1]!.b.dataSync()[0]).toBeCloseTo(0, 6);
    expect(result.layers[1]!.w.dataSync()[0]).toBeCloseTo(Math.tanh(1) - Math.tanh(0.5), 5);
    expect(result.layers.map(({ w, b }) => [w.shape, b.shape])).toEqual([
      [[1, 2], [2]],
      [[2, 1], [1]],
    ]);
    await model.dispose();
  });

  test('a model of tf.layers and an optimizer: variableGrads compiled, the variables updated outside', async () => {
    const layers = tf.sequential({
      layers: [
        tf.layers.dense({ units: 8, inputShape: [2], activation: 'tanh', kernelInitializer: tf.initializers.glorotUniform({ seed: 3 }) }),
        tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotUniform({ seed: 4 }) }),
      ],
    });
    const gradients = jit((x: tf.Tensor, y: tf.Tensor) =>
      tf.variableGrads(() => tf.losses.meanSquaredError(y, layers.predict(x) as tf.Tensor) as tf.Scalar),
    );
    const [x, y] = [
      tf.tensor2d([
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ]),
      tf.tensor2d([[0], [1], [1], [0]]),
    ];
    const eager = tf.variableGrads(() => tf.losses.meanSquaredError(y, layers.predict(x) as tf.Tensor) as tf.Scalar);
    const first = await gradients(x, y);
    for (const [name, gradient] of Object.entries(eager.grads)) {
      const close = tf.sub(gradient, first.grads[name]!).abs().max().dataSync()[0]!;
      expect(close).toBeLessThan(1e-6);
    }
    const optimizer = tf.train.adam(0.05);
    const losses: number[] = [];
    for (let step = 0; step < 100; step++) {
      const { value, grads } = await gradients(x, y);
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      losses.push(value.dataSync()[0]!);
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 10);
    expect(gradients.size).toBe(1);
    await gradients.dispose();
    layers.dispose();
  });

  test('donated state changes places with the results: no array is made after the first step', async () => {
    const step = jit((state: { w: tf.Tensor; m: tf.Tensor }, x: tf.Tensor) => ({ w: tf.add(state.w, x), m: tf.mul(state.m, 2) }), {
      donate: [0],
    });
    const x = tf.tensor1d([1, 1]);
    let state = { w: tf.tensor1d([1, 2]) as tf.Tensor, m: tf.tensor1d([1, 1]) as tf.Tensor };
    const seen = new Set<unknown>([state.w.dataSync(), state.m.dataSync()]);
    const before = tf.memory().numTensors;
    for (let count = 0; count < 5; count++) {
      const donated = state;
      state = await step(state, x);
      expect([donated.w.isDisposed, donated.m.isDisposed]).toEqual([true, true]);
      seen.add(state.w.dataSync()).add(state.m.dataSync());
    }
    expect([Array.from(state.w.dataSync()), Array.from(state.m.dataSync()), seen.size]).toEqual([[6, 7], [32, 32], 4]);
    expect([tf.memory().numTensors, x.isDisposed]).toEqual([before, false]);
    await expect(step({ w: tf.variable(x), m: x }, x)).rejects.toMatchObject({ code: 'bad-input' });
    await step.dispose();
  });

  test('memory that another tensor shares is not taken by a donation', async () => {
    const next = jit((w: tf.Tensor) => tf.add(w, 1), { donate: [0] });
    const first = tf.tensor1d([1, 2]);
    const shared = tf.reshape(first, [2, 1]);
    const second = await next(first);
    await next(second);
    expect(Array.from(shared.dataSync())).toEqual([1, 2]);
    await next.dispose();
  });

  test('keeps no more compiled versions than cacheSize, the least recently used goes first', async () => {
    let traces = 0;
    const negated = jit(
      (x: tf.Tensor) => {
        traces += 1;
        return tf.neg(x);
      },
      { cacheSize: 2, threads: 1 },
    );
    for (const size of [1, 2, 1, 3, 1]) await negated(tf.zeros([size]));
    expect([negated.size, traces]).toEqual([2, 3]);
    await negated(tf.zeros([2]));
    expect(traces).toBe(4);
    // More signatures at once than are kept: each call still ends well.
    const results = await Promise.all([4, 5, 6, 7].map((size) => negated(tf.ones([size]))));
    expect(results.map((result) => result.size)).toEqual([4, 5, 6, 7]);
    await negated.dispose();
  });

  test('arguments may be disposed of at once, and results are ordinary tensors', async () => {
    const halved = jit((x: tf.Tensor) => tf.div(x, 2));
    await tf.ready();
    const before = tf.memory().numTensors;
    const x = tf.tensor1d([2, 4]);
    const result = halved(x);
    x.dispose();
    expect(await (await result).array()).toEqual([1, 2]);
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose(await result);
    await halved.dispose();
  });

  test('a function that cannot be compiled is tried again on the next call', async () => {
    let fail = true;
    const moody = jit((x: tf.Tensor) => (fail ? tf.multinomial(x as tf.Tensor1D, 2, 1) : tf.neg(x)));
    await expect(moody(tf.zeros([2]))).rejects.toMatchObject({ code: 'unsupported-kernel' });
    expect([moody.size, tf.getBackend()]).toEqual([0, 'cpu']);
    fail = false;
    expect((await moody(tf.ones([2]))).dataSync()).toEqual(Float32Array.of(-1, -1));
    await moody.dispose();
  });

  test('refuses what is no tree, a bad cacheSize, and calls after dispose', async () => {
    expect(() => jit((x: tf.Tensor) => x, { cacheSize: 0 })).toThrow(expect.objectContaining({ code: 'bad-input' }));
    const same = jit((x: tf.Tensor) => x);
    await expect(same(new Map() as unknown as tf.Tensor)).rejects.toMatchObject({
      code: 'bad-function',
      message: expect.stringContaining('arguments[0]'),
    });
    await same.dispose();
    await expect(same(tf.scalar(1))).rejects.toMatchObject({ code: 'disposed' });
  });
});
