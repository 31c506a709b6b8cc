import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { eagerExecutor } from '../src/executor/eager-executor.ts';
import { executorNames, findExecutors, loadLanguageModel, measureMatmul, openExecutor, type LanguageModel } from '../src/index.ts';
import { cutRow, difference, readReference, type Reference, greedyTokens } from './reference-files.ts';

/** A backend that holds data and computes nothing. */
class BareBackend extends tf.KernelBackend {
  override write(): object {
    return {};
  }
  override incRef(): void {}
  override disposeData(): boolean {
    return true;
  }
  override numDataIds(): number {
    return 0;
  }
  override dispose(): void {}
}

// One suite for every executor that is here; what is missing is skipped under its reason.
const findings = await findExecutors({ threads: 1 });

for (const finding of findings) {
  if (!finding.present) {
    const { skip } = test;
    skip(`${finding.name} is not here: ${finding.reason}`, () => undefined);
    continue;
  }
  const { executor } = finding;
  // Plain JavaScript takes its time.
  const references = executor.name === 'cpu' ? ['qwen3-tied'] : ['qwen3-tied', 'qwen2-untied', 'llama3-scaled'];
  describe.each(references)(`on ${executor.name}, %s equals transformers`, (name) => {
    let reference: Reference;
    let model: LanguageModel;
    beforeAll(async () => {
      reference = await readReference(name);
      model = await loadLanguageModel(reference.folder, { tokenizer: reference.tokenizer, threads: 1, executor });
    });
    afterAll(async () => model.dispose());

    test('in the log-probability of every token of the vocabulary after a prompt, within 2e-4', async () => {
      const row = reference.expected.rows.find(({ length }) => length > 3)!;
      const V = model.configuration.vocabularySize;
      const logits = reference.tensors.get(`logits.${reference.expected.rows.indexOf(row)}`)!.data.subarray(2 * V, 3 * V);
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      const got = await model.forward(Array.from(logits, (_, token) => cutRow([...row.slice(0, 3), token], 3)));
      expect(Math.max(...got.map(([logprob], token) => Math.abs(logprob! - (logits[token]! - total))))).toBeLessThan(2e-4);
    });

    test('in next-token log-probabilities, within 2e-4', async () => {
      const logprobs = await model.forward(reference.expected.rows.map((row) => cutRow(row, 1)));
      for (const [i, values] of logprobs.entries()) {
        const wanted = reference.tensors.get(`logprobs.${i}`)!.data;
        expect(values).toHaveLength(wanted.length);
        expect(Math.max(...Array.from(wanted, (value, t) => Math.abs(values[t]! - value)))).toBeLessThan(2e-4);
      }
    });

    test('in greedy generation', async () => {
      expect(await greedyTokens(model, reference.expected)).toEqual(reference.expected.greedy);
    });

    test('in the gradient of every parameter, within 1e-3, and in the loss after a step of AdamW', async () => {
      const { adamw, loss: wanted } = reference.expected;
      const { loss } = await model.forwardBackward(reference.data, { kind: 'crossEntropy' });
      expect(Math.abs(loss / wanted - 1)).toBeLessThan(1e-5);
      const differences = [...model.gradients()].map(([parameter, { data }]): [string, number] => [
        parameter,
        difference(data, reference.tensors.get(`gradient.${parameter}`)!.data),
      ]);
      expect(differences.length).toBeGreaterThan(20);
      expect(differences.filter(([, value]) => !(value < 1e-3))).toEqual([]);
      await model.optimStep(adamw.options);
      const after = await model.forwardBackward(reference.data, { kind: 'crossEntropy' });
      expect(Math.abs(after.loss / adamw.losses[1]! - 1)).toBeLessThan(1e-3);
    });
  });

  test(`on ${executor.name}, clipped policy gradients are those of onnxruntime, and a step leaves no tensor behind`, async () => {
    const reference = await readReference('qwen3-tied');
    const known = [...reference.expected.rows.flat(), ...reference.expected.rows.flat()];
    // Samples of one prompt stand as its branches, the rest in packed rows.
    const samples = [0, 1, 2, 3].map((i) => cutRow([...known, ...known.slice(3 * i, 3 * i + 16)], known.length));
    const data = [...reference.data, ...samples].map((datum, i) => ({
      ...datum,
      logprobs: Float32Array.from(datum.completion, (token) => -4 - (token % 3)),
      reference: Float32Array.from(datum.completion, () => -4),
      advantage: i % 2 ? -0.7 : 1.1,
    }));
    const gradients: Float32Array[] = [];
    for (const own of [executor, await openExecutor('onnxruntime')]) {
      const model = await loadLanguageModel(reference.folder, { tokenizer: reference.tokenizer, threads: 1, executor: own });
      const step = (): Promise<unknown> => model.forwardBackward(data, { kind: 'policyGradient', clipLow: 0.2, clipHigh: 0.28, kl: 0.1 });
      await step();
      gradients.push(Float32Array.from([...model.gradients().values()].flatMap(({ data: values }) => [...values])));
      const { numTensors } = tf.memory();
      await step();
      expect(tf.memory().numTensors).toBe(numTensors);
      await model.dispose();
    }
    expect(difference(gradients[0]!, gradients[1]!)).toBeLessThan(1e-4);
  });

  test(`${executor.name} has a speed and a version`, async () => {
    expect(await measureMatmul(executor, { size: 64, seconds: 0.02 })).toBeGreaterThan(0.01);
    expect(finding.version).toMatch(/\d+\.\d+\.\d+/);
    expect(finding.version).not.toContain('not known');
  });
}

describe('executors', () => {
  test('are all accounted for, and looking for them leaves the active backend alone', async () => {
    expect(findings.map(({ name }) => name)).toEqual([...executorNames]);
    expect(findings.filter(({ present }) => present).map(({ name }) => name)).toEqual(expect.arrayContaining(['onnxruntime', 'cpu']));
    expect(tf.getBackend()).not.toBe('tensorflow');
    for (const finding of findings) {
      if (!finding.present) expect(finding.reason).toMatch(/npm install|npx @memtrain\/tfjs-node-setup|onnxruntime_providers_cuda|Vulkan/);
    }
  });

  test('are all here that REQUIRE_EXECUTORS (a list with commas) names, so that CI cannot skip one unseen', () => {
    const wanted = process.env['REQUIRE_EXECUTORS']?.split(',') ?? [];
    const missing = findings.filter((finding) => !finding.present && wanted.includes(finding.name));
    expect(missing).toEqual([]);
  });

  test('that do not exist are refused with the names of those that do', async () => {
    await expect(openExecutor('cuda')).rejects.toMatchObject({
      code: 'missing-executor',
      message: 'there is no executor cuda: choose one of onnxruntime, onnxruntime-cuda, onnxruntime-webgpu, tensorflow, wasm, cpu',
    });
    await expect(eagerExecutor('cuda').compile((x) => x!, [], {})).rejects.toMatchObject({ code: 'missing-executor' });
  });

  test('may be any tfjs backend that the program registered; a kernel that it lacks is named', async () => {
    tf.registerBackend('bare', () => new BareBackend(), 0);
    try {
      const executor = await openExecutor('bare');
      const compiled = await executor.compile((x) => tf.exp(x!), [{ shape: [1], dtype: 'float32' }], {});
      const before = tf.getBackend();
      await expect(compiled.run([Float32Array.of(1)])).rejects.toMatchObject({
        code: 'unsupported-kernel',
        message: expect.stringContaining('the tfjs backend bare has no kernel Exp'),
      });
      expect(tf.getBackend()).toBe(before);
    } finally {
      tf.removeBackend('bare');
    }
  });
});

describe('the eager executor', () => {
  const pair = [
    { shape: [2], dtype: 'float32' },
    { shape: [2], dtype: 'float32' },
  ] as const;

  test('fills the given buffers after the run, even those that are also feeds', async () => {
    const compiled = await (await openExecutor('cpu')).compile((a, b) => [tf.add(a!, b!), a!, tf.less(a!, b!)], pair, {});
    const [a, b] = [Float32Array.of(1, 5), Float32Array.of(2, 3)];
    const [sum, same, less] = await compiled.run([a, b], [a]);
    expect(sum).toBe(a);
    expect([...sum!]).toEqual([3, 8]);
    expect([...same!]).toEqual([1, 5]);
    expect(less).toEqual(Uint8Array.of(1, 0));
  });

  test('knows its outputs before the first run, too', async () => {
    const compiled = await (await openExecutor('cpu')).compile((a, b) => tf.stack([a!, b!]), pair, {});
    expect(compiled.outputs).toEqual([{ shape: [2, 2], dtype: 'float32' }]);
  });

  test('refuses feeds and buffers of the wrong size, and a disposed function', async () => {
    const compiled = await (await openExecutor('cpu')).compile((a, b) => tf.add(a!, b!), pair, {});
    const two = Float32Array.of(1, 2);
    await expect(compiled.run([two])).rejects.toMatchObject({
      code: 'wrong-shape',
      message: expect.stringContaining('input 1 is float32 [2]'),
    });
    await expect(compiled.run([two, two], [new Float32Array(3)])).rejects.toMatchObject({ code: 'wrong-shape' });
    await compiled.dispose();
    await expect(compiled.run([two, two])).rejects.toMatchObject({ code: 'disposed' });
  });
});
