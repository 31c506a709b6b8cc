import { describe, expect, test } from '@jest/globals';
import { configurationFromJson, configurationToJson, validateConfiguration } from '../src/configuration.ts';
import type { LanguageModelError } from '../src/errors.ts';
import { initialParameters, parameterCount, parameterSpecs } from '../src/parameters.ts';
import { tiny } from './tiny-model.ts';

describe('configuration', () => {
  test('survives the way through config.json', () => {
    expect(configurationFromJson(configurationToJson(tiny))).toEqual(tiny);
  });

  test('reads the rotary base from where transformers 5 writes it', () => {
    const { rope_theta: _, ...json } = configurationToJson(tiny);
    expect(configurationFromJson(json).ropeTheta).toBe(tiny.ropeTheta);
  });

  test.each([
    ['another architecture', { model_type: 'mamba' }, 'model_type is "mamba"'],
    ['a missing key', { hidden_size: undefined }, 'hidden_size must be a number'],
    ['a wrong type', { num_hidden_layers: '3' }, 'num_hidden_layers must be a number'],
    ['biased attention', { attention_bias: true }, 'attention_bias'],
    ['scaled positions', { rope_parameters: { rope_type: 'yarn' } }, 'rope type "yarn"'],
    ['a fraction of a layer', { num_hidden_layers: 1.5 }, 'layers must be a positive integer'],
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

  test('an odd head size is refused', () => {
    expect(() => validateConfiguration({ ...tiny, headSize: 7 })).toThrow('headSize must be even');
  });
});

describe('parameters', () => {
  test('cover the flat vector without gaps', () => {
    for (const configuration of [tiny, { ...tiny, tiedEmbeddings: true }]) {
      const specs = parameterSpecs(configuration);
      let next = 0;
      for (const spec of specs) {
        expect(spec.offset).toBe(next);
        next += spec.size;
      }
      expect(parameterCount(specs)).toBe(next);
      expect(specs.some(({ name }) => name === 'lm_head.weight')).toBe(!configuration.tiedEmbeddings);
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
