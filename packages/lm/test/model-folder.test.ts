import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { saveWordTokenizer } from '@memtrain/policy';
import { loadLanguageModel, readSafetensors, writeSafetensors, type LanguageModel, type NamedTensor } from '../src/index.ts';
import { dataFolder, readReference } from './reference-files.ts';
import { tiny, tinyModel, words } from './tiny-model.ts';

const models: LanguageModel[] = [];
const keep = (model: LanguageModel): LanguageModel => {
  models.push(model);
  return model;
};
afterAll(async () => {
  for (const model of models) await model.dispose();
});

const scratch = mkdtempSync(join(tmpdir(), 'model-folder-'));
let made = 0;
const fresh = (): string => join(scratch, String(made++));

const vocabulary = ['<pad>', '<eos>', ...Array.from({ length: 22 }, (_, i) => `w${i}`)];

/** A folder of a tiny model with its tokenizer, several end tokens and a chat template. */
async function tinyFolder(): Promise<string> {
  const folder = await tinyModel().save(fresh());
  await saveWordTokenizer(folder, vocabulary);
  writeFileSync(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: [1, 7] }));
  writeFileSync(join(folder, 'chat_template.jinja'), '{% for message in messages %}w1 {{ message.content }} {% endfor %}w2');
  return folder;
}

/** Rewrites the tensors of a folder's model.safetensors. */
async function change(folder: string, edit: (tensors: Map<string, NamedTensor>) => void): Promise<string> {
  const path = join(folder, 'model.safetensors');
  const tensors = new Map((await readSafetensors(path)).tensors);
  edit(tensors);
  await writeSafetensors(path, tensors);
  return folder;
}

/** Cuts a folder's weights into shards with an index. */
async function shard(folder: string, options: { move?: string } = {}): Promise<string> {
  const target = fresh();
  cpSync(folder, target, { recursive: true, filter: (path) => !path.endsWith('model.safetensors') });
  const all = [...(await readSafetensors(join(folder, 'model.safetensors'))).tensors];
  const map: Record<string, string> = {};
  for (const [i, part] of [all.slice(0, 5), all.slice(5)].entries()) {
    const name = `model-0000${i + 1}-of-00002.safetensors`;
    for (const [tensor] of part) map[tensor] = name;
    await writeSafetensors(join(target, name), new Map(part));
  }
  if (options.move !== undefined) map[options.move] = 'model-00002-of-00002.safetensors';
  writeFileSync(join(target, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
  return target;
}

function weights(model: LanguageModel): Buffer[] {
  return [...model.parameters().values()].map(({ data }) => Buffer.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
}

describe('a model folder', () => {
  test('is all that loadLanguageModel needs: weights, tokenizer, end tokens, chat template', async () => {
    const folder = await tinyFolder();
    const model = keep(await loadLanguageModel(folder, { threads: 1 }));
    expect(weights(model)).toEqual(weights(keep(tinyModel())));
    expect(model.tokenizer.endIds).toEqual([1, 7]);
    expect(model.tokenizer.decode(model.tokenizer.encodeChat!([{ role: 'user', content: 'w3 w6' }]))).toBe('w1 w3 w6 w2');
  });

  test('in shards with an index gives the same weights', async () => {
    const folder = await tinyFolder();
    expect(weights(keep(await loadLanguageModel(await shard(folder))))).toEqual(weights(keep(await loadLanguageModel(folder))));
  });

  test.each(['F16', 'BF16'] as const)('in %s gives the widened weights', async (format) => {
    const folder = await tinyFolder();
    const path = join(folder, 'model.safetensors');
    const { tensors } = await readSafetensors(path);
    const header: Record<string, unknown> = {};
    const parts: Uint8Array[] = [];
    let offset = 0;
    const bits = (data: Float32Array): Uint16Array =>
      // Every weight becomes a power of two, which both formats spell exactly: 1 is 0x3c00 and 0x3f80.
      Uint16Array.from(data, (value) => (format === 'F16' ? 0x3c00 : 0x3f80) | (value < 0 ? 0x8000 : 0));
    for (const [name, { shape, data }] of tensors) {
      header[name] = { dtype: format, shape, data_offsets: [offset, (offset += data.length * 2)] };
      parts.push(new Uint8Array(bits(data).buffer));
    }
    const head = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(head.length));
    writeFileSync(path, Buffer.concat([length, head, ...parts]));
    const model = keep(await loadLanguageModel(folder));
    for (const [name, { data }] of model.parameters()) {
      expect(data).toEqual(tensors.get(name)!.data.map((value) => (value < 0 ? -1 : 1)));
    }
  });

  test('is saved with the files it came with, and reads as the same model', async () => {
    const folder = await tinyFolder();
    const model = keep(await loadLanguageModel(folder));
    const saved = await model.save(fresh());
    expect(readdirSync(saved).sort()).toEqual([
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'optimizer.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const again = keep(await loadLanguageModel(saved));
    expect(weights(again)).toEqual(weights(model));
    expect(again.configuration).toEqual(model.configuration);
    expect(again.tokenizer.endIds).toEqual([1, 7]);
  });

  test('keeps what its config.json says beside the shape, in float32', async () => {
    const { folder, tokenizer } = await readReference('qwen2-untied');
    const saved = await keep(await loadLanguageModel(folder, { tokenizer })).save(fresh());
    const json = JSON.parse(readFileSync(join(saved, 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(json).toMatchObject({ model_type: 'qwen2', eos_token_id: 1, max_window_layers: 28, torch_dtype: 'float32' });
    expect(json).not.toHaveProperty('dtype');
  });

  test('may hold a tied head and old rotary buffers once more', async () => {
    const folder = await tinyModel({ tiedEmbeddings: true }).save(fresh());
    await change(folder, (tensors) => {
      tensors.set('lm_head.weight', tensors.get('model.embed_tokens.weight')!);
      tensors.set('model.layers.0.self_attn.rotary_emb.inv_freq', { shape: [4], data: new Float32Array(4) });
    });
    expect(keep(await loadLanguageModel(folder, { tokenizer: words })).configuration.tiedEmbeddings).toBe(true);
  });
});

describe('a folder that does not fit is refused by name:', () => {
  const expectRefusal = async (folder: string, code: string, ...parts: string[]): Promise<void> => {
    const error = (await loadLanguageModel(folder, { tokenizer: words }).catch((caught: unknown) => caught)) as Error;
    expect(error).toMatchObject({ name: 'LanguageModelError', code });
    for (const part of [folder, ...parts]) expect(error.message).toContain(part);
  };

  test('no weights', async () => {
    const folder = fresh();
    cpSync(dataFolder('qwen3-tied'), folder, { recursive: true, filter: (path) => !path.endsWith('model.safetensors') });
    await expectRefusal(folder, 'bad-checkpoint', 'neither model.safetensors nor model.safetensors.index.json');
  });

  test('a config.json that is not JSON, or no object', async () => {
    const folder = await tinyFolder();
    writeFileSync(join(folder, 'config.json'), '[1]');
    await expectRefusal(folder, 'bad-checkpoint', 'config.json: must hold a JSON object');
    writeFileSync(join(folder, 'config.json'), '{');
    await expectRefusal(folder, 'bad-checkpoint', 'config.json');
  });

  test('an unknown architecture, before its weights are looked at', async () => {
    const folder = await tinyFolder();
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), model_type: 'mamba' }));
    writeFileSync(join(folder, 'model.safetensors'), 'nothing of the kind');
    await expectRefusal(folder, 'bad-configuration', 'config.json', 'model_type is "mamba"');
  });

  test('a header that claims more than the file has, without allocating it', async () => {
    const folder = await tinyFolder();
    const length = Buffer.alloc(16);
    length.writeBigUInt64LE(2n ** 40n);
    writeFileSync(join(folder, 'model.safetensors'), length);
    await expectRefusal(folder, 'bad-safetensors', 'model.safetensors: the header claims 1099511627776 bytes');
  });

  test('a missing tensor', async () => {
    const folder = await change(await tinyFolder(), (tensors) => tensors.delete('model.norm.weight'));
    await expectRefusal(folder, 'missing-tensor', 'model.safetensors: tensor model.norm.weight is missing');
  });

  test('a tensor too many', async () => {
    const extra = 'model.layers.0.self_attn.q_proj.bias';
    const folder = await change(await tinyFolder(), (tensors) => tensors.set(extra, { shape: [32], data: new Float32Array(32) }));
    await expectRefusal(folder, 'unexpected-tensor', `model.safetensors: tensor ${extra} is not part`);
  });

  test('a tensor of another shape', async () => {
    const folder = await change(await tinyFolder(), (tensors) =>
      tensors.set('model.norm.weight', { shape: [4, 4], data: new Float32Array(16) }),
    );
    await expectRefusal(folder, 'wrong-shape', 'tensor model.norm.weight has shape [4,4], but the configuration asks for [16]');
  });

  test('a configuration of terabytes over small weights, without allocating them', async () => {
    const folder = await tinyFolder();
    const path = join(folder, 'config.json');
    const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...json, vocab_size: 2 ** 30, hidden_size: 2 ** 20 }));
    await expectRefusal(folder, 'wrong-shape', 'model.safetensors');
  });

  test('truncated weights', async () => {
    const folder = await tinyFolder();
    const file = await open(join(folder, 'model.safetensors'), 'r+');
    await file.truncate((await file.stat()).size - 4);
    await file.close();
    await expectRefusal(folder, 'bad-safetensors', 'model.safetensors: tensor lm_head.weight', 'truncated');
  });

  test('an index that names no file name, a missing shard, or the wrong one', async () => {
    const name = 'model.embed_tokens.weight';
    const moved = await shard(await tinyFolder(), { move: name });
    await expectRefusal(moved, 'unexpected-tensor', 'model-00001-of-00002.safetensors', name);
    const path = join(moved, 'model.safetensors.index.json');
    for (const file of ['../model.safetensors', '/etc/model.safetensors', 'model.bin', 7]) {
      writeFileSync(path, JSON.stringify({ weight_map: { [name]: file } }));
      await expectRefusal(moved, 'bad-checkpoint', 'model.safetensors.index.json', name, JSON.stringify(file));
    }
    writeFileSync(path, JSON.stringify({ weight_map: { [name]: 'gone.safetensors' } }));
    await expectRefusal(moved, 'bad-checkpoint', `gone.safetensors, which holds tensor ${name}, is missing`);
    writeFileSync(path, '{}');
    await expectRefusal(moved, 'bad-checkpoint', 'weight_map must be an object');
  });

  test('no tokenizer, and one that is larger than the vocabulary', async () => {
    const folder = await keep(tinyModel()).save(fresh());
    await expect(loadLanguageModel(folder)).rejects.toMatchObject({ code: 'bad-checkpoint' });
    await expect(loadLanguageModel(folder)).rejects.toThrow(/no tokenizer\.json.*or pass a tokenizer/s);
    const tokenizer = { ...words, vocabularySize: tiny.vocabularySize + 1 };
    await expect(loadLanguageModel(folder, { tokenizer })).rejects.toThrow(`${folder}: the tokenizer has 25 tokens`);
  });

  test('an optimizer state of another size', async () => {
    const folder = await tinyFolder();
    const moment = { shape: [3], data: new Float32Array(3) };
    await writeSafetensors(join(folder, 'optimizer.safetensors'), new Map([['first', moment]]), { metadata: { step: '1' } });
    await expectRefusal(folder, 'wrong-shape', 'optimizer.safetensors: tensor first has shape [3]');
  });
});

test('a checkpoint of another model is not loaded into this one', async () => {
  const folder = await tinyFolder();
  expect(existsSync(folder)).toBe(true);
  await expect(keep(tinyModel({ layers: 1 })).load(folder)).rejects.toThrow('layers is 2 there, but 1 in this model');
  await expect(keep(tinyModel({ architecture: 'llama' })).load(folder)).rejects.toThrow(
    'architecture is qwen3 there, but llama in this model',
  );
  const scaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxPositions: 32 };
  await expect(keep(tinyModel({ ropeScaling: scaling })).load(folder)).rejects.toThrow('ropeScaling is undefined there, but {"factor":8');
});
