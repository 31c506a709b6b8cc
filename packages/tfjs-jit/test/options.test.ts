import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import onnxProto from 'onnx-proto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { compile, formatOperatorTimes, jit } from '@memtrain/tfjs-jit';

const { onnx } = onnxProto;
const folder = mkdtempSync(join(tmpdir(), 'tfjs-jit-test-'));
const input = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;
let weights: tf.Tensor2D;

beforeAll(() => {
  weights = tf.tensor2d(
    Float32Array.from({ length: 600 }, (_, index) => index / 100),
    [20, 30],
  );
});

afterAll(() => {
  weights.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** The sum over the columns of `x weights`, by hand. */
function expected(x: Float32Array): number[] {
  const matrix = weights.dataSync();
  return Array.from({ length: 30 }, (_, column) => x.reduce((sum, value, row) => sum + value * matrix[row * 30 + column]!, 0));
}

const x = Float32Array.from({ length: 20 }, (_, index) => 1 / (index + 1));

function expectProduct(actual: ArrayLike<number>): void {
  for (const [index, value] of expected(x).entries()) expect(actual[index]).toBeCloseTo(value, 4);
}

describe('large constants', () => {
  test('stay outside of the protobuf, and the result is the same', async () => {
    for (const externalFrom of [0, 1000, 1e9]) {
      const compiled = await compile((a) => tf.matMul(a as tf.Tensor2D, weights), [input(1, 20)], { externalFrom, threads: 1 });
      expectProduct((await compiled.run([x]))[0]!);
      await compiled.dispose();
    }
  });
});

describe('saveGraph', () => {
  test('writes one file that ONNX Runtime opens', async () => {
    const path = join(folder, 'inside.onnx');
    const compiled = await compile((a) => tf.matMul(a as tf.Tensor2D, weights), [input(1, 20)]);
    await compiled.saveGraph(path);
    await compiled.dispose();
    const model = onnx.ModelProto.decode(readFileSync(path));
    expect(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([
      ['', 18],
      ['com.microsoft', 1],
    ]);
    expect(model.graph?.input?.map(({ name }) => name)).toEqual(['input_0']);
    expect(model.graph?.output?.map(({ name }) => name)).toEqual(['output_0']);
    const made = new Set([...(model.graph?.input ?? []), ...(model.graph?.initializer ?? [])].map(({ name }) => name));
    for (const node of model.graph?.node ?? []) {
      for (const name of node.input ?? []) expect(made).toContain(name);
      for (const name of node.output ?? []) made.add(name);
    }
    const session = await InferenceSession.create(path);
    const { output_0 } = await session.run({ input_0: new Tensor('float32', x, [1, 20]) });
    expectProduct(output_0!.data as Float32Array);
    await session.release();
  });

  test('writes constants beside the model when asked to, aligned to pages', async () => {
    const path = join(folder, 'apart.onnx');
    const offset = tf.tensor1d(Float32Array.from({ length: 30 }, () => Math.PI));
    const product = jit((a: tf.Tensor2D) => tf.add(tf.matMul(a, weights), offset));
    await product.saveGraph(join(folder, 'jit.onnx'), tf.tensor2d(x, [1, 20]));
    const compiled = await compile((a) => tf.matMul(a as tf.Tensor2D, weights), [input(1, 20)]);
    await compiled.saveGraph(path, { externalData: true });
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith('apart') || name.startsWith('jit'))
        .toSorted(),
    ).toEqual(['apart.onnx', 'apart.onnx.data', 'jit.onnx']);
    const model = onnx.ModelProto.decode(readFileSync(path));
    for (const tensor of model.graph?.initializer ?? []) {
      const place = Object.fromEntries((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
      expect([place['location'], Number(place['offset']) % 4096, tensor.rawData?.length]).toEqual(['apart.onnx.data', 0, 0]);
    }
    const session = await InferenceSession.create(path);
    expectProduct((await session.run({ input_0: new Tensor('float32', x, [1, 20]) }))['output_0']!.data as Float32Array);
    await Promise.all([session.release(), compiled.dispose(), product.dispose()]);
  });

  test('leaves nothing behind when it cannot write', async () => {
    const compiled = await compile((a) => tf.neg(a!), [input(1)]);
    const nowhere = join(folder, 'file');
    writeFileSync(nowhere, '');
    await expect(compiled.saveGraph(join(nowhere, 'graph.onnx'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await compiled.dispose();
  });
});

describe('profile', () => {
  test('gives the time of each operator, once', async () => {
    const compiled = await compile((a) => tf.sum(tf.exp(tf.matMul(a as tf.Tensor2D, weights))), [input(1, 20)], { profile: true });
    for (let run = 0; run < 3; run++) await compiled.run([x]);
    const times = await compiled.profile();
    expect(times.find(({ operator }) => operator === 'Exp')).toMatchObject({ calls: 3, provider: 'CPUExecutionProvider' });
    expect(times.every(({ milliseconds }, index) => milliseconds <= (times[index - 1]?.milliseconds ?? Infinity))).toBe(true);
    expect(formatOperatorTimes(times).split('\n')).toHaveLength(times.length + 1);
    expect(await compiled.profile()).toEqual(times);
    await compiled.dispose();
  });

  test('is empty when it was not asked for, and sums up over the versions of a jitted function', async () => {
    const silent = await compile((a) => tf.neg(a!), [input(1)]);
    expect(await silent.profile()).toEqual([]);
    const negated = jit((a: tf.Tensor) => tf.neg(a), { profile: true });
    await negated(tf.ones([1]));
    await negated(tf.ones([2]));
    expect(await negated.profile()).toMatchObject([{ operator: 'Neg', calls: 2 }]);
    await Promise.all([silent.dispose(), negated.dispose()]);
  });
});

describe('memory', () => {
  test('a feed is not copied', async () => {
    const length = 2 ** 25;
    const compiled = await compile((a) => tf.max(a!), [input(length)], { threads: 1 });
    const feed = new Float32Array(length).fill(1);
    const before = process.resourceUsage().maxRSS;
    for (let run = 0; run < 3; run++) expect(await compiled.run([feed])).toEqual([Float32Array.of(1)]);
    // Kilobytes: a copy would be 131072 of them.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(65_536);
    await compiled.dispose();
  });
});
