import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Datum } from '@memtrain/policy';
import { compile } from '@memtrain/tfjs-jit';
import { parameterInputs } from '../src/generate.ts';
import { loadLanguageModel, type LanguageModel } from '../src/index.ts';
import { parameterSpecs } from '../src/parameters.ts';
import { outputHead, runSequences } from '../src/transformer.ts';
import { wordTokenizer } from '@memtrain/policy';

// Numbers made by transformers' Qwen3ForCausalLM and torch's AdamW in double precision: see make-reference.py beside this file.
interface Described {
  readonly shape: number[];
  readonly norm: number;
  readonly sum: number;
  /** The first 32 entries of a large tensor, or all `values` of a small one. */
  readonly first?: number[];
  readonly values?: number[];
}
interface Expected {
  readonly rows: number[][];
  readonly padded: number[][];
  readonly completionStart: number[];
  readonly logits: number[][][];
  readonly nextLogprobs: number[][];
  readonly greedyNext: number[];
  readonly loss: number;
  readonly gradients: Record<string, Described>;
  readonly gradientNorm: number;
  readonly adamw: {
    options: { learningRate: number; weightDecay: number };
    losses: number[];
    lossAfter: number;
    parameters: Record<string, Described>;
  };
}

const words = wordTokenizer(['<pad>', '<eos>', ...Array.from({ length: 62 }, (_, i) => `w${i}`)]);

const models: LanguageModel[] = [];
afterAll(async () => {
  for (const model of models) await model.dispose();
});

function norm(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
}

/** Largest difference, relative to the size of a typical entry. */
function difference(values: Float32Array, expected: Described): number {
  const typical = expected.norm / Math.sqrt(values.length);
  let largest = Math.abs(norm(values) - expected.norm) / expected.norm;
  for (const [i, value] of (expected.values ?? expected.first)!.entries())
    largest = Math.max(largest, Math.abs(values[i]! - value) / Math.max(typical, Math.abs(value)));
  return largest;
}

describe.each(['qwen3-tied', 'qwen3-untied'])('%s equals transformers', (name) => {
  const folder = join(dirname(fileURLToPath(import.meta.url)), 'data', name);
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected;
  const open = async (): Promise<LanguageModel> => {
    const model = await loadLanguageModel(folder, { tokenizer: words, threads: 1 });
    models.push(model);
    return model;
  };
  const data = expected.rows.map((row, i): Datum => {
    const start = expected.completionStart[i]!;
    return {
      prompt: Int32Array.from(row.slice(0, start)),
      completion: Int32Array.from(row.slice(start)),
      logprobs: new Float32Array(row.length - start),
      finish: 'stop',
      advantage: 0,
      weight: 1,
    };
  });

  test('in every logit of a padded batch, within 2e-4', async () => {
    const model = await open();
    const specs = parameterSpecs(model.configuration);
    const shape = [expected.padded.length, expected.padded[0]!.length];
    const compiled = await compile(
      (...inputs) => {
        const parameters = Object.fromEntries(specs.map((spec, i) => [spec.name, inputs[i]!]));
        return outputHead(model.configuration, parameters, runSequences(model.configuration, parameters, inputs[specs.length]!).hidden);
      },
      [...parameterInputs(specs), { shape, dtype: 'int32' }],
      { threads: 1 },
    );
    const [logits] = await compiled.run([
      ...[...model.parameters().values()].map(({ data: values }) => values),
      Int32Array.from(expected.padded.flat()),
    ]);
    await compiled.dispose();
    const V = model.configuration.vocabularySize;
    let largest = 0;
    let compared = 0;
    for (const [i, row] of expected.logits.entries()) {
      for (const [t, position] of row.entries()) {
        for (const [v, value] of position.entries()) {
          largest = Math.max(largest, Math.abs(logits![(i * shape[1]! + t) * V + v]! - value));
          compared++;
        }
      }
    }
    expect(compared).toBe(expected.rows.flat().length * V);
    expect(largest).toBeLessThan(2e-4);
  });

  test('in next-token log-probabilities, within 2e-4, and in the greedy continuation', async () => {
    const model = await open();
    const whole = expected.rows.map((row): Datum => ({
      ...data[0]!,
      prompt: Int32Array.from(row.slice(0, 1)),
      completion: Int32Array.from(row.slice(1)),
    }));
    const logprobs = await model.forward(whole);
    for (const [i, row] of expected.nextLogprobs.entries()) {
      expect(logprobs[i]).toHaveLength(row.length);
      for (const [t, value] of row.entries()) expect(Math.abs(logprobs[i]![t]! - value)).toBeLessThan(2e-4);
    }
    const requests = expected.rows.map((row) => ({ prompt: Int32Array.from(row), seed: 0 }));
    for await (const result of (await model.model()).complete(requests, { maxTokens: 1, temperature: 0 })) {
      expect('conversation' in result && result.conversation!.completion[0]).toBe(expected.greedyNext[result.index]);
    }
  });

  test('in the gradient of every parameter, within 1e-3', async () => {
    const model = await open();
    const { loss, tokens } = await model.forwardBackward(data, { kind: 'crossEntropy' });
    expect(tokens).toBe(data.reduce((sum, datum) => sum + datum.completion.length, 0));
    expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
    const gradients = model.gradients();
    expect(Math.abs(norm([...gradients.values()].flatMap(({ data: values }) => [...values])) / expected.gradientNorm - 1)).toBeLessThan(
      1e-4,
    );
    expect([...gradients.keys()].sort()).toEqual(Object.keys(expected.gradients).sort());
    for (const [parameter, gradient] of gradients)
      expect([parameter, difference(gradient.data, expected.gradients[parameter]!) < 1e-3]).toEqual([parameter, true]);
  });

  test('after three steps of AdamW, within 1e-3', async () => {
    const model = await open();
    for (const loss of expected.adamw.losses) {
      expect(Math.abs((await model.forwardBackward(data, { kind: 'crossEntropy' })).loss / loss - 1)).toBeLessThan(1e-3);
      await model.optimStep(expected.adamw.options);
    }
    expect(Math.abs((await model.forwardBackward(data, { kind: 'crossEntropy' })).loss / expected.adamw.lossAfter - 1)).toBeLessThan(1e-3);
    for (const [parameter, { data: values }] of model.parameters()) {
      expect([parameter, difference(values, expected.adamw.parameters[parameter]!) < 1e-3]).toEqual([parameter, true]);
    }
  });
});
