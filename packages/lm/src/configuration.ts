import { LanguageModelError } from './errors.ts';

/** Shape of a Qwen3 decoder; the camel-case form of a Hugging Face `config.json`. */
export interface LanguageModelConfiguration {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Key/value heads; divides `heads` (grouped-query attention). */
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  /** Whether the output head is the embedding matrix. */
  readonly tiedEmbeddings: boolean;
  /** Longest sequence, prompt and completion together. */
  readonly maxPositions: number;
  /** Standard deviation of freshly drawn weights. */
  readonly initializerRange: number;
}

const KEYS: Record<keyof LanguageModelConfiguration, string> = {
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
};

const DEFAULTS: Partial<LanguageModelConfiguration> = { initializerRange: 0.02, normEpsilon: 1e-6, tiedEmbeddings: false };

/**
 * Reads a Hugging Face `config.json` of model type `qwen3`.
 * Throws `LanguageModelError` (`bad-configuration`) naming the key for another model type, a missing key or an impossible value.
 */
export function configurationFromJson(json: Readonly<Record<string, unknown>>, file = 'config.json'): LanguageModelConfiguration {
  const fail = (what: string): never => {
    throw new LanguageModelError('bad-configuration', `${file}: ${what}`);
  };
  if (json['model_type'] !== 'qwen3') fail(`model_type is ${JSON.stringify(json['model_type'])}, but only "qwen3" is supported`);
  for (const [key, plain] of [
    ['attention_bias', false],
    ['use_sliding_window', false],
    ['hidden_act', 'silu'],
  ] as const) {
    if (json[key] !== undefined && json[key] !== plain) fail(`${key} = ${JSON.stringify(json[key])} is not supported (only ${plain})`);
  }
  // transformers 5 moved the rotary settings into one object.
  const rope = (json['rope_parameters'] ?? json['rope_scaling'] ?? {}) as Record<string, unknown>;
  const ropeType = rope['rope_type'] ?? rope['type'] ?? 'default';
  if (ropeType !== 'default') fail(`rope type ${JSON.stringify(ropeType)} is not supported (only "default")`);
  const values: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(KEYS)) {
    const value =
      json[key] ?? (name === 'ropeTheta' ? rope['rope_theta'] : undefined) ?? DEFAULTS[name as keyof LanguageModelConfiguration];
    const wanted = name === 'tiedEmbeddings' ? 'boolean' : 'number';
    if (typeof value !== wanted) fail(`${key} must be a ${wanted}, not ${JSON.stringify(value)}`);
    values[name] = value;
  }
  return validateConfiguration(values as unknown as LanguageModelConfiguration, file);
}

/** The configuration as a Hugging Face `config.json` that transformers reads. */
export function configurationToJson(configuration: LanguageModelConfiguration): Record<string, unknown> {
  const json: Record<string, unknown> = {
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    torch_dtype: 'float32',
    hidden_act: 'silu',
    attention_bias: false,
  };
  for (const [name, key] of Object.entries(KEYS)) json[key] = configuration[name as keyof LanguageModelConfiguration];
  json['rope_parameters'] = { rope_type: 'default', rope_theta: configuration.ropeTheta };
  return json;
}

/** Returns the configuration unchanged, or throws `LanguageModelError` (`bad-configuration`) that names the value. */
export function validateConfiguration(configuration: LanguageModelConfiguration, where = 'configuration'): LanguageModelConfiguration {
  for (const [name, value] of Object.entries(configuration)) {
    const whole = !['ropeTheta', 'normEpsilon', 'initializerRange', 'tiedEmbeddings'].includes(name);
    if (typeof value === 'number' && (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isInteger(value)))) {
      throw new LanguageModelError(
        'bad-configuration',
        `${where}: ${name} must be a positive ${whole ? 'integer' : 'number'}, not ${value}`,
      );
    }
  }
  if (configuration.heads % configuration.keyValueHeads !== 0) {
    throw new LanguageModelError(
      'bad-configuration',
      `${where}: ${configuration.heads} heads cannot share ${configuration.keyValueHeads} key/value heads evenly`,
    );
  }
  if (configuration.headSize % 2 !== 0) {
    throw new LanguageModelError(
      'bad-configuration',
      `${where}: headSize must be even for rotary positions, not ${configuration.headSize}`,
    );
  }
  return configuration;
}
