import { LanguageModelError } from './errors.ts';
import { validateConfiguration, type Architecture, type LanguageModelConfiguration, type Llama3RopeScaling } from './configuration.ts';

/** A parsed `config.json`. */
export type ConfigurationJson = Readonly<Record<string, unknown>>;

const CLASSES: Record<Architecture, string> = { qwen3: 'Qwen3ForCausalLM', qwen2: 'Qwen2ForCausalLM', llama: 'LlamaForCausalLM' };

const KEYS = {
  vocabularySize: 'vocab_size',
  hiddenSize: 'hidden_size',
  layers: 'num_hidden_layers',
  heads: 'num_attention_heads',
  keyValueHeads: 'num_key_value_heads',
  headSize: 'head_dim',
  intermediateSize: 'intermediate_size',
  ropeTheta: 'rope_theta',
  normEpsilon: 'rms_norm_eps',
  tiedEmbeddings: 'tie_word_embeddings',
  maxPositions: 'max_position_embeddings',
  initializerRange: 'initializer_range',
} as const;

const SCALING_KEYS = {
  factor: 'factor',
  lowFrequencyFactor: 'low_freq_factor',
  highFrequencyFactor: 'high_freq_factor',
  originalMaxPositions: 'original_max_position_embeddings',
} as const;

/** Options that would change the computation, with the only value that is computed here. */
const PLAIN: readonly (readonly [key: string, plain: unknown, architectures?: readonly Architecture[]])[] = [
  ['hidden_act', 'silu'],
  ['use_sliding_window', false],
  ['sliding_window', null, ['llama']],
  ['attention_bias', false, ['qwen3', 'llama']],
  ['mlp_bias', false],
  ['attention_dropout', 0],
  ['pretraining_tp', 1],
  ['partial_rotary_factor', 1],
  ['quantization_config', null],
];

/**
 * Reads a Hugging Face `config.json` of model type `qwen3`, `qwen2` or `llama`, in the spelling of transformers 4 or 5.
 * Throws `LanguageModelError` (`bad-configuration`) naming file and key for another model type, an option that would change the
 * computation, a missing key or an impossible value.
 */
export function configurationFromJson(json: ConfigurationJson, file = 'config.json'): LanguageModelConfiguration {
  const fail = (what: string): never => {
    throw new LanguageModelError('bad-configuration', `${file}: ${what}`);
  };
  if (typeof json !== 'object' || json === null || Array.isArray(json)) fail('must hold a JSON object');
  const architecture = json['model_type'] as Architecture;
  if (!Object.hasOwn(CLASSES, architecture)) {
    fail(`model_type is ${JSON.stringify(architecture)}, but only ${JSON.stringify(Object.keys(CLASSES))} are supported`);
  }
  for (const [key, plain, only] of PLAIN) {
    const value = json[key] ?? null;
    if (value !== null && value !== plain && (only?.includes(architecture) ?? true)) {
      fail(`${key} = ${JSON.stringify(value)} is not supported (only ${JSON.stringify(plain)})`);
    }
  }
  const kinds = json['layer_types'] ?? [];
  if (!Array.isArray(kinds) || kinds.some((kind) => kind !== 'full_attention'))
    fail('layer_types other than "full_attention" are not supported');

  const rope = ropeOf(json, fail);
  const given: Record<string, unknown> = { initializer_range: 0.02, rms_norm_eps: 1e-6, tie_word_embeddings: false };
  if (architecture === 'llama') given['rope_theta'] = 10_000;
  for (const [key, value] of [...Object.entries(rope), ...Object.entries(json)])
    if (value !== null && value !== undefined) given[key] = value;
  if (architecture !== 'qwen3') {
    const heads = given['num_attention_heads'];
    given['head_dim'] ??= Math.floor(Number(given['hidden_size']) / Number(heads));
    given['num_key_value_heads'] ??= heads;
  }
  const read = (key: string, from: Record<string, unknown>): unknown => {
    const wanted = key === 'tie_word_embeddings' ? 'boolean' : 'number';
    if (typeof from[key] !== wanted) fail(`${key} must be a ${wanted}, not ${JSON.stringify(from[key])}`);
    return from[key];
  };
  const pick = (keys: Readonly<Record<string, string>>, from: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, read(key, from)]));
  const configuration = {
    architecture,
    ...pick(KEYS, given),
    ...(rope['rope_type'] === 'llama3' && { ropeScaling: pick(SCALING_KEYS, rope) as unknown as Llama3RopeScaling }),
  };
  return validateConfiguration(configuration as unknown as LanguageModelConfiguration, file);
}

/** The rotary settings: `rope_parameters` of transformers 5, `rope_scaling` of transformers 4; plain ones where there are neither. */
function ropeOf(json: ConfigurationJson, fail: (what: string) => never): Record<string, unknown> {
  const spelled = ['rope_parameters', 'rope_scaling'].flatMap((key) => {
    const value = json[key] ?? undefined;
    if (value === undefined) return [];
    if (typeof value !== 'object' || Array.isArray(value)) return fail(`${key} must be an object, not ${JSON.stringify(value)}`);
    const { type, ...rope } = value as Record<string, unknown>;
    const kind = rope['rope_type'] ?? type ?? 'default';
    if (kind !== 'default' && kind !== 'llama3')
      fail(`${key}: type ${JSON.stringify(kind)} is not supported (only "default" and "llama3")`);
    if ((rope['partial_rotary_factor'] ?? 1) !== 1) fail(`${key}: partial_rotary_factor is not supported`);
    return [{ ...rope, rope_type: kind }];
  });
  const [first = {}, second = first] = spelled as Record<string, unknown>[];
  for (const key of ['rope_type', ...Object.values(SCALING_KEYS)]) {
    if (first[key] !== second[key]) fail(`rope_parameters and rope_scaling differ in ${key}: keep one of them`);
  }
  const theta = first['rope_theta'] ?? second['rope_theta'] ?? json['rope_theta'];
  if (typeof json['rope_theta'] === 'number' && theta !== json['rope_theta']) {
    fail(`rope_theta is ${String(json['rope_theta'])}, but ${JSON.stringify(theta)} in the rotary settings: keep one of them`);
  }
  return { ...first, ...(theta !== undefined && { rope_theta: theta }) };
}

/** The configuration as a Hugging Face `config.json` that transformers reads, versions 4 and 5. */
export function configurationToJson(configuration: LanguageModelConfiguration): Record<string, unknown> {
  const { architecture = 'qwen3', ropeScaling, ropeTheta } = configuration;
  const json: Record<string, unknown> = {
    architectures: [CLASSES[architecture]],
    model_type: architecture,
    torch_dtype: 'float32',
    hidden_act: 'silu',
    ...(architecture !== 'qwen2' && { attention_bias: false }),
    ...(architecture === 'llama' && { mlp_bias: false }),
  };
  for (const [name, key] of Object.entries(KEYS)) json[key] = configuration[name as keyof typeof KEYS];
  const scaling = ropeScaling && {
    rope_type: 'llama3',
    ...Object.fromEntries(Object.entries(SCALING_KEYS).map(([name, key]) => [key, ropeScaling[name as keyof typeof SCALING_KEYS]])),
  };
  if (scaling) json['rope_scaling'] = scaling;
  json['rope_parameters'] = { ...(scaling ?? { rope_type: 'default' }), rope_theta: ropeTheta };
  return json;
}
