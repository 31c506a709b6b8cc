import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LanguageModelConfiguration } from './configuration.ts';
import { LanguageModelError } from './errors.ts';
import { jsonText } from './json-text.ts';
import { adapterSpecs, LORA_TARGETS, loraSettings, type LoraSettings, type LoraTarget } from './lora.ts';
import { readJsonFile } from './model-folder.ts';
import { parameterViews } from './parameters.ts';
import { writeSafetensors } from './safetensors.ts';
import { readTensors } from './tensor-files.ts';

const SETTINGS_FILE = 'adapter_config.json';
const WEIGHTS_FILE = 'adapter_model.safetensors';

/** How PEFT names the tensors of an adapter of a causal language model. */
const PREFIX = 'base_model.model.';

/** Options of PEFT that would change what the adapter computes; here they must be off. */
const MUST_BE_OFF = [
  'use_dora',
  'use_rslora',
  'fan_in_fan_out',
  'lora_bias',
  'modules_to_save',
  'rank_pattern',
  'alpha_pattern',
  'layers_to_transform',
  'layers_pattern',
  'layer_replication',
  'exclude_modules',
  'target_parameters',
  'trainable_token_indices',
  'alora_invocation_tokens',
  'use_qalora',
  'use_bdlora',
  'megatron_config',
  'arrow_config',
  'kasa_config',
  'monteclora_config',
  'velora_config',
];

/** Initialisations of PEFT that leave the base model's weights as they are. */
const PLAIN_INITIALISATIONS: readonly unknown[] = [true, false, 'gaussian', 'orthogonal', null, undefined];

/**
 * Settings of an adapter folder in PEFT's format. Dropout, which only matters in training, is passed over.
 * Throws `LanguageModelError` (`bad-adapter`) naming file and key for anything that would be computed otherwise.
 */
export async function readAdapterSettings(folder: string): Promise<LoraSettings> {
  const path = join(folder, SETTINGS_FILE);
  const json = await readJsonFile(path, 'bad-adapter', `an adapter folder holds ${SETTINGS_FILE} and ${WEIGHTS_FILE}`);
  const fail = (what: string): never => {
    throw new LanguageModelError('bad-adapter', `${path}: ${what}`);
  };
  if (json['peft_type'] !== 'LORA') fail(`peft_type is ${JSON.stringify(json['peft_type'])}, but only "LORA" is supported`);
  for (const key of MUST_BE_OFF) {
    const value = json[key];
    const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
    if (value && !empty) fail(`${key} = ${JSON.stringify(value)} is not supported`);
  }
  if ((json['bias'] ?? 'none') !== 'none') fail(`bias = ${JSON.stringify(json['bias'])} is not supported (only "none")`);
  if (!PLAIN_INITIALISATIONS.includes(json['init_lora_weights'])) {
    fail(`init_lora_weights = ${JSON.stringify(json['init_lora_weights'])} changes the base weights, which is not supported`);
  }
  const targets = json['target_modules'] === 'all-linear' ? LORA_TARGETS : json['target_modules'];
  if (!Array.isArray(targets)) fail(`target_modules must be a list of names, not ${JSON.stringify(targets)}`);
  return loraSettings(
    { rank: json['r'] as number, alpha: (json['lora_alpha'] ?? Number.NaN) as number, targets: targets as readonly LoraTarget[] },
    path,
  );
}

/** The adapters of a folder in one vector, in the order of `adapterSpecs`. */
export async function readAdapter(
  folder: string,
  configuration: LanguageModelConfiguration,
  settings: LoraSettings,
): Promise<Float32Array<ArrayBuffer>> {
  const nameOf = ({ name }: { readonly name: string }): string => PREFIX + name;
  return (await readTensors([join(folder, WEIGHTS_FILE)], adapterSpecs(configuration, settings), { nameOf })).data;
}

/** Writes adapters in PEFT's format into an existing folder. */
export async function writeAdapter(
  folder: string,
  configuration: LanguageModelConfiguration,
  {
    settings,
    adapter,
    base,
  }: { readonly settings: LoraSettings; readonly adapter: Float32Array<ArrayBuffer>; readonly base: string | undefined },
): Promise<void> {
  const specs = adapterSpecs(configuration, settings);
  const views = parameterViews(adapter, specs);
  await writeSafetensors(
    join(folder, WEIGHTS_FILE),
    new Map(specs.map(({ name, shape }, i) => [PREFIX + name, { shape, data: views[i]! }])),
  );
  const json = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: base ?? null,
    r: settings.rank,
    lora_alpha: settings.alpha,
    target_modules: settings.targets,
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    init_lora_weights: true,
    inference_mode: true,
  };
  await writeFile(join(folder, SETTINGS_FILE), jsonText(json));
}
