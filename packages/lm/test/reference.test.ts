import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parameterInputs } from '../src/parameter-inputs.ts';
import { loadLanguageModel, openExecutor, type LanguageModel } from '../src/index.ts';
import { parameterSpecs } from '../src/parameters.ts';
import { embed, outputHead, plainPlan, runSequences } from '../src/transformer.ts';
import { cutRow, difference, norm, readReference, REFERENCES, type Reference, greedyTokens } from './reference-files.ts';

// EXECUTOR=onnxruntime-cuda runs all of this on another executor.
const executor = await openExecutor(process.env['EXECUTOR'] ?? 'onnxruntime');

describe.each(REFERENCES)('%s equals transformers', (name) => {
  let reference: Reference;
  let model: LanguageModel;
  beforeAll(async () => {
    reference = await readReference(name);
    model = await loadLanguageModel(reference.folder, { tokenizer: reference.tokenizer, threads: 1, executor });
  });
  afterAll(async () => model.dispose());

  test('in every logit of a padded batch, within 2e-4', async () => {
    const { rows } = reference.expected;
    const specs = parameterSpecs(model.configuration);
    const length = Math.max(...rows.map((row) => row.length));
    const compiled = await executor.compile(
      (...inputs) => {
        const parameters = Object.fromEntries(specs.map((spec, i) => [spec.name, inputs[i]!]));
        return [
          outputHead(
            model.configuration,
            parameters,
            runSequences(model.configuration, parameters, {
              embedded: embed(parameters, inputs[specs.length]!),
              plan: plainPlan(model.configuration, rows.length, length),
            }).hidden,
          ),
        ];
      },
      [...parameterInputs(specs), { shape: [rows.length, length], dtype: 'int32' }],
      { threads: 1 },
    );
    const ids = Int32Array.from(rows.flatMap((row) => Array.from({ length }, (_, t) => row[t] ?? 0)));
    const [logits] = await compiled.run([...[...model.parameters().values()].map(({ data }) => data), ids]);
    await compiled.dispose();
    const V = model.configuration.vocabularySize;
    for (const [i, row] of rows.entries()) {
      const wanted = reference.tensors.get(`logits.${i}`)!;
      expect(wanted.shape).toEqual([row.length, V]);
      let largest = 0;
      for (const [j, value] of wanted.data.entries()) largest = Math.max(largest, Math.abs(logits![i * length * V + j]! - value));
      expect(largest).toBeLessThan(2e-4);
    }
  });

  test('in next-token log-probabilities, within 2e-4', async () => {
    const logprobs = await model.forward(reference.expected.rows.map((row) => cutRow(row, 1)));
    for (const [i, values] of logprobs.entries()) {
      const wanted = reference.tensors.get(`logprobs.${i}`)!.data;
      expect(values).toHaveLength(wanted.length);
      for (const [t, value] of wanted.entries()) expect(Math.abs(values[t]! - value)).toBeLessThan(2e-4);
    }
  });

  test('in what greedy generate says of a batch of prompts', async () => {
    expect(await greedyTokens(model, reference.expected)).toEqual(reference.expected.greedy);
  });

  test('in the gradient of every parameter, within 1e-3', async () => {
    const { loss, tokens } = await model.forwardBackward(reference.data, { kind: 'crossEntropy' });
    expect(tokens).toBe(reference.data.reduce((sum, { completion }) => sum + completion.length, 0));
    expect(Math.abs(loss / reference.expected.loss - 1)).toBeLessThan(1e-5);
    const gradients = model.gradients();
    const wanted = [...reference.tensors.keys()].filter((key) => key.startsWith('gradient.')).map((key) => key.slice('gradient.'.length));
    expect([...gradients.keys()].sort()).toEqual(wanted.sort());
    const differences = [...gradients].map(([parameter, { data }]) => [
      parameter,
      difference(data, reference.tensors.get(`gradient.${parameter}`)!.data),
    ]);
    expect(differences.filter(([, value]) => !((value as number) < 1e-3))).toEqual([]);
  });

  test('after five steps of AdamW, within 1e-3', async () => {
    await model.load(reference.folder);
    const { losses, lossAfter, options } = reference.expected.adamw;
    for (const loss of losses) {
      expect(Math.abs((await model.forwardBackward(reference.data, { kind: 'crossEntropy' })).loss / loss - 1)).toBeLessThan(1e-3);
      await model.optimStep(options);
    }
    expect(Math.abs((await model.forwardBackward(reference.data, { kind: 'crossEntropy' })).loss / lossAfter - 1)).toBeLessThan(1e-3);
    const differences = [...model.parameters()].map(([parameter, { data }]) => {
      const [wantedNorm, , ...first] = reference.tensors.get(`trained.${parameter}`)!.data;
      return [parameter, Math.max(Math.abs(norm(data) / wantedNorm! - 1), difference(data.subarray(0, 64), first))];
    });
    expect(differences.filter(([, value]) => !((value as number) < 1e-3))).toEqual([]);
  });
});
