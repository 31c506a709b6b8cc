import { describe, expect, test } from '@jest/globals';
import { configurationFromJson, configurationToJson } from '../src/configuration-json.ts';
import { validateConfiguration, type LanguageModelConfiguration } from '../src/configuration.ts';
import type { LanguageModelError } from '../src/errors.ts';
import { initialParameters, parameterCount, parameterSpecs } from '../src/parameters.ts';
import { rotaryFrequencies } from '../src/rotary.ts';
import { tiny } from './tiny-model.ts';

const llama: LanguageModelConfiguration = { ...tiny, architecture: 'llama' };
const scaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxPositions: 32 };

describe('configuration', () => {
  test.each<[string, Partial<LanguageModelConfiguration>]>([
    ['qwen3', { architecture: 'qwen3' }],
    ['qwen2', { architecture: 'qwen2', tiedEmbeddings: true }],
    ['llama', { architecture: 'llama' }],
    ['llama with scaled positions', { architecture: 'llama', ropeScaling: scaling }],
  ])('of %s survives the way through config.json', (_name, change) => {
    const configuration = { ...tiny, ...change };
    expect(configurationFromJson(configurationToJson(configuration))).toEqual(configuration);
  });

  test('reads the rotary settings in the spellings of transformers 4 and 5', () => {
    const { rope_theta: theta, rope_scaling: old, rope_parameters: now, ...json } = configurationToJson({ ...tiny, ropeScaling: scaling });
    const { rope_type: type, ...rest } = old as Record<string, unknown>;
    for (const spelled of [
      { rope_theta: theta, rope_scaling: old },
      { rope_theta: theta, rope_scaling: { ...rest, type } },
      { rope_parameters: now },
      { rope_parameters: now, rope_theta: null, rope_scaling: null },
    ]) {
      expect(configurationFromJson({ ...json, ...spelled })).toMatchObject({ ropeTheta: tiny.ropeTheta, ropeScaling: scaling });
    }
    expect(configurationFromJson({ ...json, rope_theta: theta, rope_scaling: null })).not.toHaveProperty('ropeScaling');
  });

  test('fills in what Llama files leave out', () => {
    const { head_dim: _, num_key_value_heads: __, rope_theta: ___, rope_parameters: ____, ...json } = configurationToJson(llama);
    expect(configurationFromJson(json)).toEqual({ ...llama, headSize: 4, keyValueHeads: 4, ropeTheta: 10_000 });
  });

  test('the rotary table of scaled positions keeps short wavelengths and stretches long ones', () => {
    const plain = rotaryFrequencies({ ...tiny, headSize: 16 });
    const scaled = rotaryFrequencies({ ...tiny, headSize: 16, ropeScaling: scaling });
    expect(scaled[0]).toBe(plain[0]);
    expect(scaled[7]).toBe(plain[7]! / 8);
    for (const [i, frequency] of scaled.entries()) {
      expect(frequency).toBeLessThanOrEqual(plain[i]!);
      expect(frequency).toBeGreaterThanOrEqual(plain[i]! / 8);
    }
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['another architecture', { model_type: 'mamba' }, 'model_type is "mamba"'],
    ['a name from the prototype of objects', { model_type: 'toString' }, 'model_type is "toString"'],
    ['a missing key', { hidden_size: undefined }, 'hidden_size must be a number'],
    ['a wrong type', { num_hidden_layers: '3' }, 'num_hidden_layers must be a number'],
    ['biased attention', { attention_bias: true }, 'attention_bias = true'],
    ['a sliding window', { use_sliding_window: true, sliding_window: 64 }, 'use_sliding_window = true'],
    ['layers with a sliding window', { layer_types: ['full_attention', 'sliding_attention'] }, 'layer_types'],
    ['quantised weights', { quantization_config: { quant_method: 'gptq' } }, 'quantization_config'],
    ['another activation', { hidden_act: 'gelu' }, 'hidden_act = "gelu"'],
    ['partly rotated heads', { rope_parameters: { partial_rotary_factor: 0.5 } }, 'partial_rotary_factor'],
    ['another scaling of positions', { rope_parameters: { rope_type: 'yarn' } }, 'rope_parameters: type "yarn"'],
    ['scaled positions without a factor', { rope_parameters: { rope_type: 'llama3' } }, 'factor must be a number'],
    ['two rotary bases', { rope_parameters: { rope_theta: 5 } }, 'rope_theta is 10000, but 5'],
    ['two scalings', { rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'differ in rope_type'],
    ['a fraction of a layer', { num_hidden_layers: 1.5 }, 'layers must be a positive integer'],
    ['more layers than a list can hold', { num_hidden_layers: 1e9 }, 'layers must be at most'],
    ['a negative size', { vocab_size: -4 }, 'vocabularySize must be a positive integer'],
    ['heads that cannot share', { num_key_value_heads: 3 }, 'cannot share 3'],
  ])('refuses %s', (_name, change, message) => {
    const read = (): unknown => configurationFromJson({ ...configurationToJson(tiny), ...change }, 'somewhere/config.json');
    expect(read).toThrow(message);
    try {
      read();
    } catch (error) {
      expect((error as LanguageModelError).code).toBe('bad-configuration');
      expect((error as LanguageModelError).message).toContain('somewhere/config.json');
    }
  });

  test.each(['attention_bias', 'mlp_bias', 'sliding_window'])('refuses %s of a Llama model', (key) => {
    expect(() => configurationFromJson({ ...configurationToJson(llama), [key]: key === 'sliding_window' ? 64 : true })).toThrow(key);
  });

  test('an odd head size is refused', () => {
    expect(() => validateConfiguration({ ...tiny, headSize: 7 })).toThrow('headSize must be even');
  });
});

describe('parameters', () => {
  test('cover the flat vector without gaps', () => {
    for (const configuration of [tiny, llama, { ...tiny, tiedEmbeddings: true }, { ...tiny, architecture: 'qwen2' } as const]) {
      const specs = parameterSpecs(configuration);
      let next = 0;
      for (const spec of specs) {
        expect(spec.offset).toBe(next);
        next += spec.size;
      }
      expect(parameterCount(specs)).toBe(next);
      expect(specs.some(({ name }) => name === 'lm_head.weight')).toBe(!configuration.tiedEmbeddings);
      expect(specs.filter(({ name }) => name.endsWith('.bias'))).toHaveLength(configuration.architecture === 'qwen2' ? 3 * tiny.layers : 0);
      expect(specs.some(({ name }) => name.includes('q_norm'))).toBe((configuration.architecture ?? 'qwen3') === 'qwen3');
    }
  });

  test('are drawn from the seed alone, with the asked spread', () => {
    const drawn = initialParameters(tiny, 1);
    expect(initialParameters(tiny, 1)).toEqual(drawn);
    expect(initialParameters(tiny, 2)).not.toEqual(drawn);
    const embedding = drawn.subarray(0, tiny.vocabularySize * tiny.hiddenSize);
    const deviation = Math.sqrt(embedding.reduce((sum, value) => sum + value * value, 0) / embedding.length);
    expect(deviation / tiny.initializerRange).toBeGreaterThan(0.9);
    expect(deviation / tiny.initializerRange).toBeLessThan(1.1);
  });
});
