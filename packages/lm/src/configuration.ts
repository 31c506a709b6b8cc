import { LanguageModelError } from './errors.ts';

/**
 * Family of decoders. `qwen3` normalises every head's queries and keys; `qwen2` (Qwen2.5 too) adds a bias to queries, keys and values;
 * `llama` (Llama 2 and 3) does neither.
 */
export type Architecture = 'qwen3' | 'qwen2' | 'llama';

/** Llama 3.1's stretching of the rotary wavelengths beyond the context a model was pretrained on. */
export interface Llama3RopeScaling {
  /** Wavelengths above `originalMaxPositions / lowFrequencyFactor` grow by this; below `originalMaxPositions / highFrequencyFactor` they stay. */
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalMaxPositions: number;
}

/** Shape of a decoder; the camel-case form of a Hugging Face `config.json`. */
export interface LanguageModelConfiguration {
  /** Default `qwen3`. */
  readonly architecture?: Architecture;
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Key/value heads; divides `heads` (grouped-query attention). */
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly ropeTheta: number;
  /** Plain rotary positions when absent. */
  readonly ropeScaling?: Llama3RopeScaling;
  readonly normEpsilon: number;
  /** Whether the output head is the embedding matrix. */
  readonly tiedEmbeddings: boolean;
  /** Longest sequence, prompt and completion together. */
  readonly maxPositions: number;
  /** Standard deviation of freshly drawn weights. */
  readonly initializerRange: number;
}

const SCALING: (keyof Llama3RopeScaling)[] = ['factor', 'lowFrequencyFactor', 'highFrequencyFactor', 'originalMaxPositions'];

const WHOLE = [
  'vocabularySize',
  'hiddenSize',
  'layers',
  'heads',
  'keyValueHeads',
  'headSize',
  'intermediateSize',
  'maxPositions',
  'originalMaxPositions',
];

/** Far beyond any model; a hostile file must not make the list of its tensors fill the memory. */
const MOST_LAYERS = 4096;

/** Returns the configuration unchanged, or throws `LanguageModelError` (`bad-configuration`) that names the value. */
export function validateConfiguration(configuration: LanguageModelConfiguration, where = 'configuration'): LanguageModelConfiguration {
  const fail = (what: string): never => {
    throw new LanguageModelError('bad-configuration', `${where}: ${what}`);
  };
  const { architecture = 'qwen3', ropeScaling, heads, keyValueHeads, headSize, layers } = configuration;
  if (!['qwen3', 'qwen2', 'llama'].includes(architecture)) fail(`architecture must be qwen3, qwen2 or llama, not ${architecture}`);
  for (const [name, value] of [...Object.entries(configuration), ...Object.entries(ropeScaling ?? {})]) {
    if (typeof value !== 'number') continue;
    const whole = WHOLE.includes(name);
    if (!(value > 0) || !Number.isFinite(value) || (whole && !(Number.isInteger(value) && value < 2 ** 31))) {
      fail(`${name} must be a positive ${whole ? 'integer' : 'number'}, not ${value}`);
    }
  }
  if (layers > MOST_LAYERS) fail(`layers must be at most ${MOST_LAYERS}, not ${layers}`);
  if (heads % keyValueHeads !== 0) fail(`${heads} heads cannot share ${keyValueHeads} key/value heads evenly`);
  if (headSize % 2 !== 0) fail(`headSize must be even for rotary positions, not ${headSize}`);
  if (ropeScaling && ropeScaling.highFrequencyFactor <= ropeScaling.lowFrequencyFactor) {
    fail(`highFrequencyFactor ${ropeScaling.highFrequencyFactor} must be above lowFrequencyFactor ${ropeScaling.lowFrequencyFactor}`);
  }
  return configuration;
}

/** The first property in which weights of the one do not fit the other, as text; undefined when they fit. */
export function configurationDifference(found: LanguageModelConfiguration, own: LanguageModelConfiguration): string | undefined {
  const full = (configuration: LanguageModelConfiguration): Record<string, unknown> => ({
    ...configuration,
    architecture: configuration.architecture ?? 'qwen3',
    ropeScaling: configuration.ropeScaling && JSON.stringify(configuration.ropeScaling, SCALING),
    initializerRange: undefined,
  });
  const [left, right] = [full(found), full(own)];
  const name = Object.keys({ ...left, ...right }).find((key) => left[key] !== right[key]);
  return name === undefined ? undefined : `${name} is ${String(left[name])} there, but ${String(right[name])} in this model`;
}
