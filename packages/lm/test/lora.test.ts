import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Conversation, Learner } from '@memtrain/policy';
import { createLanguageModel, loadLanguageModel, readSafetensors, type LanguageModel, type LoraTarget } from '../src/index.ts';
import { ADAPTERS, cutRow, dataFolder, difference, norm, readReference, type Reference } from './reference-files.ts';
import { tiny, words } from './tiny-model.ts';

const scratch = mkdtempSync(join(tmpdir(), 'lora-'));
let made = 0;
const fresh = (): string => join(scratch, String(made++));

const models: LanguageModel[] = [];
const keep = (model: LanguageModel): LanguageModel => {
  models.push(model);
  return model;
};
afterAll(async () => {
  for (const model of models) await model.dispose();
});

async function largestGap(learner: Pick<Learner, 'forward'>, reference: Reference): Promise<number> {
  const logprobs = await learner.forward(reference.expected.rows.map((row) => cutRow(row, 1)));
  let largest = 0;
  for (const [i, values] of logprobs.entries()) {
    const wanted = reference.tensors.get(`logprobs.${i}`)!.data;
    expect(values).toHaveLength(wanted.length);
    for (const [t, value] of wanted.entries()) largest = Math.max(largest, Math.abs(values[t]! - value));
  }
  return largest;
}

/** [norm, sum, first 64 numbers] against a tensor. */
function summaryDifference(data: Float32Array, summary: Float32Array): number {
  return Math.max(Math.abs(norm(data) / summary[0]! - 1), difference(data.subarray(0, 64), summary.subarray(2)));
}

describe.each(ADAPTERS)('the adapter %s that PEFT wrote', (name) => {
  let reference: Reference;
  let base: Reference;
  let model: LanguageModel;
  beforeAll(async () => {
    reference = await readReference(name);
    base = await readReference(reference.expected.base!);
    model = await loadLanguageModel(base.folder, { tokenizer: base.tokenizer, adapter: reference.folder, threads: 1 });
  });
  afterAll(async () => model.dispose());

  test('gives the log-probabilities of PEFT, within 2e-4', async () => {
    expect(await largestGap(model, reference)).toBeLessThan(2e-4);
  });

  test('switched off gives those of the base model, also in sampling', async () => {
    expect(await largestGap(model.reference(), base)).toBeLessThan(2e-4);
    for (const [learner, wanted] of [
      [model, reference],
      [model.reference(), base],
    ] as const) {
      const requests = wanted.expected.rows.map((row) => ({ prompt: Int32Array.from(row.slice(0, -1)), seed: 0 }));
      const said: number[][] = [];
      for await (const result of (await learner.model()).complete(requests, { maxTokens: 12, temperature: 0 })) {
        if ('conversation' in result) said[result.index] = [...result.conversation!.completion];
      }
      expect(said).toEqual(wanted.expected.greedy);
    }
  });

  test('merged gives the weights that PEFT merges, and the log-probabilities of the adapter', async () => {
    const merged = keep(await loadLanguageModel(await model.exportModel(fresh()), { tokenizer: base.tokenizer, threads: 1 }));
    expect(merged.lora).toBeUndefined();
    for (const [parameter, { data }] of merged.parameters()) {
      const wanted = reference.tensors.get(`merged.${parameter}`)!.data;
      expect([parameter, summaryDifference(data, wanted) < 1e-6]).toEqual([parameter, true]);
    }
    expect(await largestGap(merged, reference)).toBeLessThan(2e-4);
  });

  test('is written back bit for bit', async () => {
    const folder = await model.save(fresh());
    expect(readdirSync(folder).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors', 'optimizer.safetensors']);
    const [own, theirs] = await Promise.all(
      [folder, reference.folder].map(async (path) => (await readSafetensors(join(path, 'adapter_model.safetensors'))).tensors),
    );
    expect(new Set(own!.keys())).toEqual(new Set(theirs!.keys()));
    for (const [tensor, { shape, data }] of theirs!) expect([tensor, own!.get(tensor)]).toEqual([tensor, { shape, data }]);
    const [settings, wanted] = [folder, reference.folder].map(
      (path) => JSON.parse(readFileSync(join(path, 'adapter_config.json'), 'utf8')) as Record<string, unknown>,
    );
    for (const key of ['peft_type', 'task_type', 'r', 'lora_alpha', 'lora_dropout', 'bias']) expect(settings![key]).toEqual(wanted![key]);
    expect([...(settings!['target_modules'] as string[])].sort()).toEqual(wanted!['target_modules']);
  });

  test('has the gradients of PEFT, within 1e-3, and no others', async () => {
    const { loss } = await model.forwardBackward(reference.data, { kind: 'crossEntropy' });
    expect(Math.abs(loss / reference.expected.loss - 1)).toBeLessThan(1e-5);
    const gradients = model.gradients();
    const wanted = [...reference.tensors.keys()].filter((key) => key.startsWith('gradient.')).map((key) => key.slice('gradient.'.length));
    expect([...gradients.keys()].sort()).toEqual(wanted.sort());
    for (const [parameter, { data }] of gradients) {
      expect([parameter, difference(data, reference.tensors.get(`gradient.${parameter}`)!.data) < 1e-3]).toEqual([parameter, true]);
    }
  });

  test("after five steps of AdamW is PEFT's, within 1e-3, over an unchanged base", async () => {
    await model.load(reference.folder);
    const { losses, lossAfter, options } = reference.expected.adamw;
    for (const loss of losses) {
      expect(Math.abs((await model.forwardBackward(reference.data, { kind: 'crossEntropy' })).loss / loss - 1)).toBeLessThan(1e-3);
      await model.optimStep(options);
    }
    expect(Math.abs((await model.forwardBackward(reference.data, { kind: 'crossEntropy' })).loss / lossAfter - 1)).toBeLessThan(1e-3);
    for (const [parameter, { data }] of model.parameters()) {
      expect([parameter, summaryDifference(data, reference.tensors.get(`trained.${parameter}`)!.data) < 1e-3]).toEqual([parameter, true]);
    }
    expect(await largestGap(model.reference(), base)).toBeLessThan(2e-4);
  });
});

describe('fresh adapters', () => {
  const make = (lora: { rank: number; alpha?: number; targets?: LoraTarget[] }, seed = 3): LanguageModel =>
    keep(createLanguageModel({ configuration: tiny, tokenizer: words, seed, threads: 1, lora }));
  const conversation: Conversation = { ...cutRow([3, 4, 5, 6, 7, 8], 2) };
  const datum = { ...conversation, advantage: 0, weight: 1 };

  test('change nothing, come from the seed, and are all that is trained', async () => {
    const model = make({ rank: 2, targets: ['q_proj', 'down_proj'] });
    const { layers, hiddenSize: D, heads, headSize, intermediateSize: F } = tiny;
    expect(model.parameterCount).toBe(layers * 2 * (D + heads * headSize + F + D));
    const full = keep(createLanguageModel({ configuration: tiny, tokenizer: words, seed: 3, threads: 1 }));
    expect(await model.forward([conversation])).toEqual(await full.forward([conversation]));
    expect(make({ rank: 2, targets: ['q_proj', 'down_proj'] }).parameters()).toEqual(model.parameters());
    expect(make({ rank: 2, targets: ['q_proj', 'down_proj'] }, 4).parameters()).not.toEqual(model.parameters());
    expect(make({ rank: 1 }).parameters().size).toBe(2 * 7 * layers);
  });

  test('learn while the reference stays, and go on bit for bit from a checkpoint', async () => {
    const folder = await keep(createLanguageModel({ configuration: tiny, tokenizer: words, seed: 1, threads: 1 })).save(fresh());
    const options = { tokenizer: words, threads: 1 };
    const model = keep(await loadLanguageModel(folder, { ...options, lora: { rank: 4, alpha: 8, seed: 2 } }));
    const before = await model.forward([conversation]);
    const step = async (trained: LanguageModel): Promise<number> => {
      const { loss } = await trained.forwardBackward([datum], { kind: 'crossEntropy' });
      await trained.optimStep({ learningRate: 0.02 });
      return loss;
    };
    const first = await step(model);
    await step(model);
    const adapter = await model.save(fresh());
    const resumed = keep(await loadLanguageModel(folder, { ...options, adapter }));
    const loaded = keep(await loadLanguageModel(folder, { ...options, lora: { rank: 4, alpha: 8, seed: 9 } }));
    await loaded.load(adapter);
    let last = first;
    for (let i = 0; i < 5; i++) {
      last = await step(model);
      expect(await step(resumed)).toBe(last);
      expect(await step(loaded)).toBe(last);
    }
    expect(resumed.parameters()).toEqual(model.parameters());
    expect(last).toBeLessThan(first / 2);
    expect(await model.reference().forward([conversation])).toEqual(before);
    expect(await model.forward([conversation])).not.toEqual(before);
  });

  test.each<[string, { rank: number; alpha?: number; targets?: LoraTarget[] }, string]>([
    ['rank 0', { rank: 0 }, 'the rank must be'],
    ['a fractional rank', { rank: 1.5 }, 'the rank must be'],
    ['alpha 0', { rank: 1, alpha: 0 }, 'alpha must be'],
    ['no targets', { rank: 1, targets: [] }, 'there are no targets'],
    ['a target that is no projection', { rank: 1, targets: ['embed_tokens' as LoraTarget] }, 'the target "embed_tokens"'],
  ])('with %s are refused', (_name, lora, message) => {
    expect(() => make(lora)).toThrow(expect.objectContaining({ code: 'bad-adapter', message: expect.stringContaining(message) }));
  });

  test('of another rank are not loaded, and a model without adapters has no reference', async () => {
    const adapter = await make({ rank: 2 }).save(fresh());
    await expect(make({ rank: 3 }).load(adapter)).rejects.toThrow(`${adapter}: rank is 2 there, but 3 in this model`);
    const full = keep(createLanguageModel({ configuration: tiny, tokenizer: words, seed: 3 }));
    expect(() => full.reference()).toThrow(expect.objectContaining({ code: 'no-adapter' }));
  });
});

describe('an adapter folder is refused for', () => {
  const edited = (change: Record<string, unknown>): string => {
    const folder = fresh();
    cpSync(dataFolder('lora-qwen2'), folder, { recursive: true });
    const path = join(folder, 'adapter_config.json');
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...change }));
    return folder;
  };
  test.each<[string, Record<string, unknown>, string, string]>([
    ['another method', { peft_type: 'LOHA' }, 'bad-adapter', 'peft_type is "LOHA"'],
    ['DoRA', { use_dora: true }, 'bad-adapter', 'use_dora = true'],
    ['ranks by layer', { rank_pattern: { q_proj: 2 } }, 'bad-adapter', 'rank_pattern'],
    ['trained biases', { bias: 'all' }, 'bad-adapter', 'bias = "all"'],
    ['a start that changes the base', { init_lora_weights: 'pissa' }, 'bad-adapter', 'init_lora_weights = "pissa"'],
    ['targets by a pattern', { target_modules: '.*_proj' }, 'bad-adapter', 'target_modules must be a list'],
    ['an unknown target', { target_modules: ['lm_head'] }, 'bad-adapter', 'the target "lm_head"'],
    ['no rank', { r: null }, 'bad-adapter', 'the rank must be'],
    ['no alpha', { lora_alpha: null }, 'bad-adapter', 'alpha must be'],
    ['a rank that the tensors do not have', { r: 5 }, 'wrong-shape', 'lora_A.weight has shape [3,32]'],
    ['more targets than tensors', { target_modules: ['q_proj', 'k_proj', 'v_proj'] }, 'missing-tensor', 'k_proj.lora_A.weight is missing'],
    ['more tensors than targets', { target_modules: ['q_proj'] }, 'unexpected-tensor', 'v_proj.lora_A.weight'],
  ])('%s', async (_name, change, code, message) => {
    const { folder, tokenizer } = await readReference('qwen2-untied');
    const adapter = edited(change);
    const error = (await loadLanguageModel(folder, { tokenizer, adapter }).catch((caught: unknown) => caught)) as Error;
    expect(error).toMatchObject({ name: 'LanguageModelError', code });
    expect(error.message).toContain(adapter);
    expect(error.message).toContain(message);
  });
});
