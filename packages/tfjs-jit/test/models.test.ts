import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import { compile } from '@memtrain/tfjs-jit';
import type { TypedData } from '@memtrain/tfjs-jit';
import { expectClose, expectSameAsCpu } from './against-cpu.ts';
import { executionProvider } from './execution-provider.ts';
import { f32, i32, randomData, randomNumbers } from './random-inputs.ts';

const [batch, time, width, heads, vocabulary] = [2, 5, 8, 2, 11];

/** Embedding, RMSNorm, causal attention, gated feed-forward, tied output, cross-entropy. */
function languageModelLoss(ids: tf.Tensor, targets: tf.Tensor, [embedding, qkv, out, up, down, gain]: tf.Tensor[]): tf.Scalar {
  const norm = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))), gain!);
  const size = width / heads;
  let x = tf.gather(embedding!, tf.reshape(ids, [batch * time]));
  const [q, k, v] = tf
    .split(tf.matMul(norm(x), qkv!), 3, -1)
    .map((part) => tf.transpose(tf.reshape(part, [batch, time, heads, size]), [0, 2, 1, 3]));
  const mask = tf.sub(tf.linalg.bandPart(tf.ones([time, time]), -1, 0), 1).mul(1e9);
  const attention = tf.softmax(tf.add(tf.mul(tf.matMul(q!, k!, false, true), 1 / Math.sqrt(size)), mask));
  const mixed = tf.reshape(tf.transpose(tf.matMul(attention, v!), [0, 2, 1, 3]), [batch * time, width]);
  x = tf.add(x, tf.matMul(mixed, out!));
  const [gate, value] = tf.split(tf.matMul(norm(x), up!), 2, -1);
  x = tf.add(x, tf.matMul(tf.mul(tf.mul(gate!, tf.sigmoid(gate!)), value!), down!));
  const logits = tf.matMul(norm(x), embedding!, false, true);
  const picked = tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(tf.reshape(targets, [batch * time]) as tf.Tensor1D, vocabulary)), -1);
  return tf.neg(tf.mean(picked)) as tf.Scalar;
}

const weights = [
  f32([vocabulary, width]),
  f32([width, 3 * width]),
  f32([width, width]),
  f32([width, 4 * width]),
  f32([2 * width, width]),
  f32([width]),
];

describe('whole models equal the cpu backend', () => {
  test('a perceptron of two layers, with its gradients', () =>
    expectSameAsCpu(
      (x, w, b, v, c) =>
        tf.mean(tf.square(tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b!)), v as tf.Tensor2D), c!))),
      [f32([4, 3]), f32([3, 6]), f32([6]), f32([6, 2]), f32([2])],
    ));

  test('the loss of a transformer layer and the gradients of all weights', () =>
    expectSameAsCpu(
      (ids, targets, ...parameters) => {
        const { value, grads } = tf.valueAndGrads((...at: tf.Tensor[]) => languageModelLoss(ids!, targets!, at))(parameters);
        return [value, ...grads];
      },
      [i32([batch, time], vocabulary), i32([batch, time], vocabulary), ...weights],
      { gradient: false, tolerance: 3e-5 },
    ));

  test('norms, logSumExp and moments', () =>
    expectSameAsCpu((x) => [tf.norm(x!, 2, -1), tf.logSumExp(x!, 1), tf.moments(x!, -1).variance], [f32([2, 3, 4])]));

  test('a broadcast goes on through further operations', () =>
    expectSameAsCpu(
      (x, y, i) => {
        const wide = tf.broadcastTo(x!, [4, 3, 2]);
        return [
          tf.add(tf.exp(wide), y!),
          tf.mul(wide, wide),
          tf.reshape(wide, [12, 2]),
          tf.sum(wide, 0),
          tf.where(tf.greater(i!, 0), wide, tf.zerosLike(wide)),
        ];
      },
      [f32([3, 1]), f32([2]), i32([2], 2)],
    ));

  test('a convolutional network: convolution, batch norm, pooling, dropout mask, dense', () =>
    expectSameAsCpu(
      (x, w, mean, variance, scale, keep, dense) => {
        const convolved = tf.relu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'));
        const normal = tf.batchNorm(convolved, mean as tf.Tensor1D, variance as tf.Tensor1D, mean as tf.Tensor1D, scale as tf.Tensor1D);
        const pooled = tf.avgPool(tf.mul(normal, keep!) as tf.Tensor4D, 2, 2, 'valid');
        return tf.logSoftmax(tf.matMul(tf.reshape(pooled, [2, 12]), dense as tf.Tensor2D));
      },
      [
        f32([2, 4, 4, 2]),
        f32([3, 3, 2, 3]),
        f32([3]),
        f32([3], 'positive'),
        f32([3]),
        f32([2, 4, 4, 3], { integersBelow: 2 }),
        f32([12, 4]),
      ],
    ));

  test('a custom gradient', () =>
    expectSameAsCpu(
      (x) => {
        const halved = tf.customGrad((...given) => {
          const [y, save] = given as unknown as [tf.Tensor, tf.GradSaveFunc];
          save([y]);
          return { value: tf.mul(y, 0.5), gradFunc: (dy, saved) => tf.mul(dy, tf.sigmoid(saved[0]!)) };
        });
        return halved(x!);
      },
      [f32([3, 2])],
    ));

  test('training with AdamW in place lowers the loss', async () => {
    const step = await compile(
      (ids, targets, count, ...state) => {
        const size = weights.length;
        const parameters = state.slice(0, size);
        const { value, grads } = tf.valueAndGrads((...at: tf.Tensor[]) => languageModelLoss(ids!, targets!, at))(parameters);
        const first = grads.map((gradient, index) => tf.add(tf.mul(state[size + index]!, 0.9), tf.mul(gradient, 0.1)));
        const second = grads.map((gradient, index) => tf.add(tf.mul(state[2 * size + index]!, 0.99), tf.mul(tf.square(gradient), 0.01)));
        const next = parameters.map((parameter, index) => {
          const mean = tf.div(first[index]!, tf.sub(1, tf.pow(0.9, count!)));
          const deviation = tf.sqrt(tf.div(second[index]!, tf.sub(1, tf.pow(0.99, count!))));
          return tf.sub(tf.mul(parameter, 1 - 1e-4), tf.mul(0.05, tf.div(mean, tf.add(deviation, 1e-8))));
        });
        return [value, ...next, ...first, ...second];
      },
      [i32([batch, time]), i32([batch, time]), f32([]), ...weights, ...weights, ...weights],
      { threads: 1, executionProvider },
    );
    const random = randomNumbers(5);
    const ids = randomData(i32([batch, time], vocabulary), random);
    const targets = randomData(i32([batch, time], vocabulary), random);
    const parameters = weights.map((spec) => randomData(spec, random).map((number) => number / 5));
    const state = [...parameters, ...[...weights, ...weights].map((spec) => new Float32Array(spec.shape.reduce((a, b) => a * b, 1)))];
    const losses: number[] = [];
    for (let count = 1; count <= 30; count++) {
      const [loss] = await step.run([ids, targets, Float32Array.of(count), ...state], [undefined, ...state]);
      losses.push(loss![0]!);
    }
    expect(losses.at(-1)).toBeLessThan(0.3 * losses[0]!);
    await step.dispose();
  });
});

describe('random programs', () => {
  const operations: readonly ((x: tf.Tensor, y: tf.Tensor) => tf.Tensor)[] = [
    (x, y) => tf.add(x, tf.sum(y, 0, true)),
    (x, y) => tf.mul(x, tf.sigmoid(tf.mean(y))),
    (x) => tf.transpose(tf.reverse(tf.transpose(x), 0)),
    (x) => tf.softmax(x),
    (x, y) => tf.concat([tf.slice(x, [0, 0], [1, -1]), tf.slice(y, [1, 0])]),
    (x) => tf.matMul(tf.softmax(tf.matMul(x, x, false, true)), x),
    (x, y) => tf.where(tf.equal(tf.range(0, x.shape[1]!), 0), x, tf.tanh(y)),
    (x) => tf.gather(x, tf.zeros([x.shape[0]!], 'int32')),
    (x) => tf.sub(x, tf.max(x, 1, true)),
    (x) => tf.addN([x, tf.onesLike(x), tf.zerosLike(x)]),
  ];

  test('any chain of operations has the value and the gradient that the cpu backend finds', async () => {
    const program = fc.array(fc.tuple(fc.nat(operations.length - 1), fc.nat(1)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        program,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(1000),
        async (chain, rows, columns, seed) => {
          const fn = (a?: tf.Tensor, b?: tf.Tensor): tf.Tensor =>
            chain.reduce<[tf.Tensor, tf.Tensor]>(
              ([x, y], [operation, swap]) => (swap ? [y, operations[operation]!(x, y)] : [operations[operation]!(x, y), y]),
              [a!, b!],
            )[0];
          const whole = (...inputs: tf.Tensor[]): tf.Tensor[] => {
            const { value, grads } = tf.valueAndGrads(
              (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(fn(a, b), tf.add(tf.mul(a, 0.1), b))) as tf.Scalar,
            )(inputs);
            return [value, ...grads];
          };
          const specs = [f32([rows, columns]), f32([rows, columns])];
          const random = randomNumbers(seed);
          const data = specs.map((spec) => randomData(spec, random));
          const compiled = await compile(whole, specs, { threads: 1, executionProvider });
          const actual = await compiled.run(data);
          const expected = whole(...data.map((values) => tf.tensor(values, [rows, columns])));
          for (const [index, output] of expected.entries())
            expectClose(actual[index] as TypedData, output.dataSync(), 1e-4, `output ${index}`);
          await compiled.dispose();
        },
      ),
      { numRuns: 40 },
    );
  });
});
