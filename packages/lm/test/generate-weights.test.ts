import { describe, expect, test } from '@jest/globals';
import { decodingWeights } from '../src/generate-weights.ts';
import { parameterCount, parameterSpecs, parameterViews } from '../src/parameters.ts';
import { tiny } from './tiny-model.ts';

describe('weights of a decoding step', () => {
  const specs = parameterSpecs(tiny);
  const flat = Float32Array.from({ length: parameterCount(specs) }, (_, i) => i);

  test('are one matrix where projections of the same vector stand together, without a copy', () => {
    const weights = decodingWeights({ specs, parameters: parameterViews(flat, specs) });
    const joined = weights
      .filter(({ names }) => names.length > 1)
      .map(({ names }) => names.map((name) => name.split('.').slice(2, 5).join('.')));
    expect(joined.slice(0, 2)).toEqual([
      ['0.self_attn.q_proj', '0.self_attn.k_proj', '0.self_attn.v_proj'],
      ['0.mlp.gate_proj', '0.mlp.up_proj'],
    ]);
    expect(joined).toHaveLength(2 * tiny.layers);
    // Everything is there once, in its order.
    expect(weights.flatMap(({ names }) => names)).toEqual(specs.map(({ name }) => name));
    let offset = 0;
    for (const { data, shape, rows } of weights) {
      expect(data.buffer).toBe(flat.buffer);
      expect(data[0]).toBe(offset);
      expect(data).toHaveLength(shape.reduce((product, length) => product * length, 1));
      if (shape.length === 2) expect(rows.reduce((sum, count) => sum + count)).toBe(shape[0]);
      offset += data.length;
    }
  });

  test('stay apart where something stands between, or where they lie in memory of their own', () => {
    const qwen2 = parameterSpecs({ ...tiny, architecture: 'qwen2' });
    const views = parameterViews(new Float32Array(parameterCount(qwen2)), qwen2);
    const names = decodingWeights({ specs: qwen2, parameters: views }).map((weight) => weight.names.length);
    expect(names.filter((count) => count > 1)).toEqual(Array.from({ length: tiny.layers }, () => 2));
    const apart = parameterViews(flat, specs).map((view) => view.slice());
    expect(decodingWeights({ specs, parameters: apart }).every((weight) => weight.names.length === 1)).toBe(true);
  });
});
