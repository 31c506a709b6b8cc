import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tokenizer } from '@memtrain/policy';
import { configurationToJson } from './configuration-json.ts';
import type { LanguageModelConfiguration } from './configuration.ts';
import { LanguageModelError } from './errors.ts';
import { jsonText } from './json-text.ts';
import { CONFIGURATION_FILE, INDEX_FILE, WEIGHTS_FILE, type ModelOrigin } from './model-folder.ts';
import { parameterSpecs, parameterViews } from './parameters.ts';
import { NUMBER_BYTES, type NumberFormat } from './safetensors-header.ts';
import { writeSafetensors, type NamedTensor } from './safetensors.ts';

/** How the weights of a model become files. */
export interface SaveWeightsOptions {
  /** Weights above this many bytes become several files with an index; a single larger tensor is a file of its own. Default 5e9. */
  readonly maxShardBytes?: number;
}

export interface ExportModelOptions extends SaveWeightsOptions {
  /** How each weight is written; half precision rounds to the nearest, ties to even. Default `F32`. */
  readonly dtype?: NumberFormat;
  /** Further files of the folder by name, e.g. those of a tokenizer; in place of what the model was loaded with. */
  readonly files?: ReadonlyMap<string, Buffer>;
}

/** What a model folder is written from. */
export interface SavedModelParts {
  readonly configuration: LanguageModelConfiguration;
  readonly tokenizer: Tokenizer;
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly origin?: ModelOrigin | undefined;
}

const TORCH_NAMES: Readonly<Record<NumberFormat, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** Writes `config.json`, weights and companion files into a folder under way (`writeFolderDurably`), as transformers reads them. */
export async function writeModel(folder: string, parts: SavedModelParts, options: ExportModelOptions = {}): Promise<void> {
  const { configuration, tokenizer, parameters, origin } = parts;
  const { dtype = 'F32', maxShardBytes, files } = options;
  const specs = parameterSpecs(configuration);
  const views = parameterViews(parameters, specs);
  const tensors = new Map(specs.map(({ name, shape }, i) => [name, { shape, data: views[i]! }]));
  await writeWeights(folder, tensors, { dtype, ...(maxShardBytes !== undefined && { maxShardBytes }) });
  for (const [name, content] of new Map([...(origin?.companions ?? []), ...(files ?? [])])) await writeFile(join(folder, name), content);
  // The original file says more than the configuration, e.g. end tokens; only the numbers' format is another now.
  const { dtype: _, ...json } = origin?.configurationJson ?? {
    ...configurationToJson(configuration),
    eos_token_id: tokenizer.endIds,
    pad_token_id: tokenizer.padId,
  };
  await writeFile(join(folder, CONFIGURATION_FILE), jsonText({ ...json, torch_dtype: TORCH_NAMES[dtype] }));
}

/**
 * Writes weights into an existing folder under the names of transformers: `model.safetensors`, or shards and then their index.
 * Throws `LanguageModelError` (`bad-configuration`) for a `maxShardBytes` that is no positive number.
 */
export async function writeWeights(
  folder: string,
  tensors: ReadonlyMap<string, NamedTensor>,
  { dtype, maxShardBytes = 5e9 }: { readonly dtype: NumberFormat; readonly maxShardBytes?: number },
): Promise<void> {
  if (!(maxShardBytes > 0))
    throw new LanguageModelError('bad-configuration', `maxShardBytes must be a positive number, not ${maxShardBytes}`);
  const bytesOf = ({ data }: NamedTensor): number => data.length * NUMBER_BYTES[dtype];
  const shards = cutIntoShards(tensors, { bytesOf, maxShardBytes });
  if (shards.length === 1) return writeSafetensors(join(folder, WEIGHTS_FILE), tensors, { dtype });
  const number = (value: number): string => String(value).padStart(5, '0');
  const fileOf: Record<string, string> = {};
  for (const [i, shard] of shards.entries()) {
    const file = `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    await writeSafetensors(join(folder, file), shard, { dtype });
    for (const name of shard.keys()) fileOf[name] = file;
  }
  const all = [...tensors.values()];
  const metadata = {
    total_parameters: all.reduce((sum, { data }) => sum + data.length, 0),
    total_size: all.reduce((sum, tensor) => sum + bytesOf(tensor), 0),
  };
  await writeFile(join(folder, INDEX_FILE), jsonText({ metadata, weight_map: fileOf }));
}

/** Tensors in their order, a new shard where the next one would not fit; at least one shard. */
function cutIntoShards(
  tensors: ReadonlyMap<string, NamedTensor>,
  { bytesOf, maxShardBytes }: { readonly bytesOf: (tensor: NamedTensor) => number; readonly maxShardBytes: number },
): Map<string, NamedTensor>[] {
  let shard = new Map<string, NamedTensor>();
  let filled = 0;
  const shards = [shard];
  for (const [name, tensor] of tensors) {
    const bytes = bytesOf(tensor);
    if (shard.size > 0 && filled + bytes > maxShardBytes) {
      shard = new Map();
      filled = 0;
      shards.push(shard);
    }
    shard.set(name, tensor);
    filled += bytes;
  }
  return shards;
}
