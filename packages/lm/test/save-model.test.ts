import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLanguageModel, loadLanguageModel, readSafetensors, type LanguageModel, type NamedTensor } from '../src/index.ts';
import { writeWeights } from '../src/save-model.ts';
import { readReference } from './reference-files.ts';
import { tiny, tinyModel, words } from './tiny-model.ts';

const models: LanguageModel[] = [];
const keep = (model: LanguageModel): LanguageModel => {
  models.push(model);
  return model;
};
afterAll(async () => {
  for (const model of models) await model.dispose();
});

const scratch = mkdtempSync(join(tmpdir(), 'save-model-'));
let made = 0;
const fresh = (): string => join(scratch, String(made++));

const open = async (folder: string): Promise<LanguageModel> => keep(await loadLanguageModel(folder, { tokenizer: words }));
const readJson = (...path: string[]): Record<string, unknown> => JSON.parse(readFileSync(join(...path), 'utf8')) as Record<string, unknown>;

interface Index {
  readonly metadata: { readonly total_parameters: number; readonly total_size: number };
  readonly weight_map: Record<string, string>;
}
const readIndex = (folder: string): Index => readJson(folder, 'model.safetensors.index.json') as unknown as Index;

describe('weights in shards', () => {
  const tensor = fc
    .array(fc.float({ noNaN: true }), { maxLength: 9 })
    .map((values) => ({ shape: [values.length], data: Float32Array.from(values) }));

  test('hold every tensor once, in order, none above the limit that holds two; the index names them as transformers does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(tensor, { maxLength: 8 }), fc.integer({ min: 1, max: 80 }), async (list, maxShardBytes) => {
        const folder = fresh();
        mkdirSync(folder);
        const tensors = new Map(list.map((each, i): [string, NamedTensor] => [`t${i}`, each]));
        await writeWeights(folder, tensors, { dtype: 'F32', maxShardBytes });
        const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
        const read = new Map<string, NamedTensor>();
        for (const file of files.sort()) {
          const shard = (await readSafetensors(join(folder, file))).tensors;
          const bytes = [...shard.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
          expect(bytes <= maxShardBytes || shard.size === 1).toBe(true);
          for (const [name, values] of shard) read.set(name, values);
        }
        expect([...read]).toEqual([...tensors]);
        if (files.length === 1) {
          expect(readdirSync(folder)).toEqual(['model.safetensors']);
          return;
        }
        const count = String(files.length).padStart(5, '0');
        expect(files).toEqual(files.map((_, i) => `model-${String(i + 1).padStart(5, '0')}-of-${count}.safetensors`));
        const { metadata, weight_map: map } = readIndex(folder);
        const total = list.reduce((sum, { data }) => sum + data.length, 0);
        expect(metadata).toEqual({ total_parameters: total, total_size: 4 * total });
        expect(Object.keys(map)).toEqual([...tensors.keys()]);
        expect([...new Set(Object.values(map))].sort()).toEqual(files);
      }),
      { numRuns: 25 },
    );
  });

  test('of a model are read as the same model, and a checkpoint in shards goes on bit for bit', async () => {
    const model = keep(tinyModel());
    const datum = {
      prompt: Int32Array.of(2),
      completion: Int32Array.of(3, 4),
      logprobs: new Float32Array(2),
      finish: 'stop',
      advantage: 0,
      weight: 1,
    } as const;
    const step = async (trained: LanguageModel): Promise<void> => {
      await trained.forwardBackward([datum], { kind: 'crossEntropy' });
      await trained.optimStep({ learningRate: 0.01 });
    };
    await step(model);
    const folder = await model.save(fresh(), { maxShardBytes: 4000 });
    expect(Object.keys(readIndex(folder).weight_map)).toEqual([...model.parameters().keys()]);
    expect(existsSync(join(folder, 'model.safetensors'))).toBe(false);
    const again = await open(folder);
    expect(again.parameters()).toEqual(model.parameters());
    await step(model);
    await step(again);
    expect(again.parameters()).toEqual(model.parameters());
    // Without the moments, for a model that is not trained further, the next step is another one.
    const forgetful = keep(await loadLanguageModel(folder, { tokenizer: words, optimizer: false }));
    await step(forgetful);
    expect(forgetful.parameters()).not.toEqual(model.parameters());
  });

  test('are refused a limit that is no size', async () => {
    for (const maxShardBytes of [0, -1, Number.NaN]) {
      const folder = fresh();
      await expect(keep(tinyModel()).exportModel(folder, { maxShardBytes })).rejects.toMatchObject({ code: 'bad-configuration' });
      expect(readdirSync(scratch).filter((name) => join(scratch, name).startsWith(folder))).toEqual([]);
    }
  });
});

describe('an exported model', () => {
  test.each([
    ['BF16', 'bfloat16', 2 ** -8],
    ['F16', 'float16', 2 ** -11],
  ] as const)('in %s has the rounded weights and says so; exported again it is the same bytes', async (dtype, name, relative) => {
    const model = keep(tinyModel());
    const folder = await model.exportModel(fresh(), { dtype });
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors']);
    expect(readJson(folder, 'config.json')['torch_dtype']).toBe(name);
    const again = await open(folder);
    for (const [parameter, { data }] of again.parameters()) {
      const exact = model.parameters().get(parameter)!.data;
      for (const [i, value] of data.entries())
        expect(Math.abs(value - exact[i]!)).toBeLessThanOrEqual(Math.abs(exact[i]!) * relative + 2 ** -25);
    }
    const bytes = (path: string): Buffer => readFileSync(join(path, 'model.safetensors'));
    expect(bytes(await again.exportModel(fresh(), { dtype }))).toEqual(bytes(folder));
    expect(bytes(await again.exportModel(fresh()))).not.toEqual(bytes(folder));
    expect(statSync(join(folder, 'model.safetensors')).size).toBeLessThan(
      statSync(join(await model.exportModel(fresh()), 'model.safetensors')).size * 0.7,
    );
  });

  test('has the adapters in its weights, in shards and half precision too, and given files in place of those it came with', async () => {
    const base = await readReference('qwen2-untied');
    const { folder: adapter } = await readReference('lora-qwen2');
    const model = keep(await loadLanguageModel(base.folder, { tokenizer: base.tokenizer, adapter }));
    const files = new Map([['generation_config.json', Buffer.from('{"eos_token_id": [1, 5]}')]]);
    const plain = keep(await loadLanguageModel(await model.exportModel(fresh()), { tokenizer: base.tokenizer }));
    const folder = await model.exportModel(fresh(), { dtype: 'BF16', maxShardBytes: 20_000, files });
    expect(Object.keys(readIndex(folder).weight_map)).toEqual([...plain.parameters().keys()]);
    expect(readIndex(folder).metadata.total_size).toBe(2 * plain.parameterCount);
    expect(readJson(folder, 'generation_config.json')).toEqual({ eos_token_id: [1, 5] });
    expect(existsSync(join(folder, 'optimizer.safetensors'))).toBe(false);
    const rounded = keep(await loadLanguageModel(folder, { tokenizer: base.tokenizer }));
    expect(rounded.lora).toBeUndefined();
    const unmerged = keep(await loadLanguageModel(base.folder, { tokenizer: base.tokenizer }));
    const gap = (a: LanguageModel, b: LanguageModel): number => {
      const name = 'model.layers.0.self_attn.q_proj.weight';
      const [one, other] = [a, b].map((each) => each.parameters().get(name)!.data);
      return Math.max(...one!.map((value, i) => Math.abs(value - other![i]!)));
    };
    expect(gap(rounded, plain)).toBeLessThan(gap(unmerged, plain) / 10);
  });

  test('with a weight beyond the range of its numbers leaves no folder', async () => {
    const model = keep(createLanguageModel({ configuration: { ...tiny, initializerRange: 1e5 }, tokenizer: words, seed: 1 }));
    const folder = fresh();
    await expect(model.exportModel(folder, { dtype: 'F16' })).rejects.toMatchObject({
      code: 'not-finite',
      message: expect.stringContaining('model.embed_tokens.weight'),
    });
    expect(readdirSync(scratch).filter((name) => name.split('.')[0] === basename(folder))).toEqual([]);
    await model.exportModel(folder, { dtype: 'BF16' });
  });
});
