import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { configurationFromJson } from './configuration-json.ts';
import type { LanguageModelConfiguration } from './configuration.ts';
import { LanguageModelError } from './errors.ts';
import { parameterSpecs } from './parameters.ts';
import { readTensors } from './tensor-files.ts';

export const CONFIGURATION_FILE = 'config.json';
export const WEIGHTS_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';

/** Files that make a model folder whole for others; copied from where a model was loaded to where it is saved. */
const COMPANIONS = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'generation_config.json',
  'chat_template.jinja',
];

/** What a saved copy of a model takes over, unread, from the folder that it was loaded from. */
export interface ModelOrigin {
  readonly folder: string;
  /** `config.json` as it was. */
  readonly configurationJson: Readonly<Record<string, unknown>>;
  /** The tokenizer's and the generation's files, by name. */
  readonly companions: ReadonlyMap<string, Buffer>;
}

/** Reads a JSON object. Throws `LanguageModelError` (`code`) naming the file. */
export async function readJsonFile(
  path: string,
  code: 'bad-checkpoint' | 'bad-adapter',
  advice: string,
): Promise<Readonly<Record<string, unknown>>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new LanguageModelError(code, `${path}: ${(cause as Error).message}; ${advice}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new LanguageModelError(code, `${path}: must hold a JSON object; ${advice}`);
}

/** `config.json` of a model folder. */
export async function readModelConfiguration(
  folder: string,
): Promise<{ configuration: LanguageModelConfiguration; json: Readonly<Record<string, unknown>> }> {
  const path = join(folder, CONFIGURATION_FILE);
  const json = await readJsonFile(path, 'bad-checkpoint', `a model folder holds ${CONFIGURATION_FILE} and ${WEIGHTS_FILE}`);
  return { configuration: configurationFromJson(json, path), json };
}

/** The weights of a model folder, one file or shards, in the order of `parameterSpecs`. */
export async function readModelWeights(folder: string, configuration: LanguageModelConfiguration): Promise<Float32Array<ArrayBuffer>> {
  const specs = parameterSpecs(configuration);
  const head = specs[0]!.shape.join();
  const ignore = (name: string, entry: { readonly shape: readonly number[] }): boolean =>
    // Buffers that old checkpoints hold, and a tied head stored once more; transformers passes over both.
    name.endsWith('.rotary_emb.inv_freq') || (configuration.tiedEmbeddings && name === 'lm_head.weight' && entry.shape.join() === head);
  const single = join(folder, WEIGHTS_FILE);
  if (existsSync(single)) return (await readTensors([single], specs, { ignore })).data;
  const path = join(folder, INDEX_FILE);
  if (!existsSync(path)) throw new LanguageModelError('bad-checkpoint', `${folder}: has neither ${WEIGHTS_FILE} nor ${INDEX_FILE}`);
  const fileOf = await readIndex(path, folder);
  return (await readTensors([...new Set(fileOf.values())].sort(), specs, { ignore, index: { path, fileOf } })).data;
}

/** The tensors that an index lists, with the file of each. */
async function readIndex(path: string, folder: string): Promise<Map<string, string>> {
  const index = await readJsonFile(path, 'bad-checkpoint', 'an index lists the file of every tensor');
  const map = index['weight_map'];
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new LanguageModelError('bad-checkpoint', `${path}: weight_map must be an object`);
  }
  const fileOf = new Map<string, string>();
  for (const [name, file] of Object.entries(map as Record<string, unknown>)) {
    if (typeof file !== 'string' || !file.endsWith('.safetensors') || basename(file) !== file || file.includes('\\')) {
      throw new LanguageModelError(
        'bad-checkpoint',
        `${path}: tensor ${name} is said to be in ${JSON.stringify(file)}, which is no .safetensors file name`,
      );
    }
    const shard = join(folder, file);
    if (!existsSync(shard)) throw new LanguageModelError('bad-checkpoint', `${path}: ${file}, which holds tensor ${name}, is missing`);
    fileOf.set(name, shard);
  }
  return fileOf;
}

/** Reads what a saved copy of the model will take over. */
export async function readOrigin(folder: string, configurationJson: Readonly<Record<string, unknown>>): Promise<ModelOrigin> {
  const companions = new Map<string, Buffer>();
  for (const name of COMPANIONS) {
    if (existsSync(join(folder, name))) companions.set(name, await readFile(join(folder, name)));
  }
  return { folder, configurationJson, companions };
}
