import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Datum } from '@memtrain/policy';
import type { LanguageModelError } from '../src/errors.ts';
import { cutTrainingBatches, targetValues } from '../src/training-batch.ts';

function datum(prompt: number[], completion: number[], extra: Partial<Datum> = {}): Datum {
  return {
    prompt: Int32Array.from(prompt),
    completion: Int32Array.from(completion),
    logprobs: Float32Array.from(completion, (token) => -token / 100),
    finish: 'stop',
    advantage: 1,
    weight: 1,
    ...extra,
  };
}

const tokens = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });

describe('cutTrainingBatches', () => {
  test('every completion token is a target predicted from the token before it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(tokens, tokens), { minLength: 1, maxLength: 20 }), (pairs) => {
        const data = pairs.map(([prompt, completion]) => datum(prompt, completion));
        const batches = cutTrainingBatches(data, 64, 100);
        const seen = new Set<number>();
        for (const batch of batches) {
          expect(batch.ids.length).toBe(batch.rows * batch.length);
          for (const span of batch.spans) {
            seen.add(span.conversation);
            const whole = [...data[span.conversation]!.prompt, ...data[span.conversation]!.completion];
            const first = data[span.conversation]!.prompt.length;
            for (let t = 0; t < span.length; t++) {
              const place = batch.places[span.start + t]!;
              const row = Math.floor(place / batch.length);
              expect(batch.wanted[span.start + t]).toBe(whole[first + t]);
              expect([...batch.ids.subarray(row * batch.length, place + 1)]).toEqual(whole.slice(0, first + t));
            }
          }
        }
        expect(seen.size).toBe(data.length);
      }),
    );
  });

  test('conversations with the same input share one row', () => {
    const [batch] = cutTrainingBatches([datum([1, 2], [3]), datum([1, 2], [4]), datum([1], [2, 5])], 64, 100);
    expect(new Set(batch!.places.subarray(0, 4)).size).toBe(2);
    expect(batch!.spans).toHaveLength(3);
    expect([...batch!.ids].filter((id) => id === 1)).toHaveLength(1);
  });

  test('refuses empty and too long conversations by their position', () => {
    const code = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return `${(error as LanguageModelError).code}: ${(error as LanguageModelError).message}`;
      }
      return 'no error';
    };
    expect(code(() => cutTrainingBatches([datum([1], [2]), datum([1], [])], 64, 9))).toMatch(/^bad-datum: conversation 1/);
    expect(code(() => cutTrainingBatches([datum([1, 2, 3], [4, 5])], 64, 3))).toMatch(/^prompt-too-long: conversation 0 has 5 tokens/);
  });
});

describe('targetValues', () => {
  test('padding has weight zero and per-token values keep their order', () => {
    const data = [datum([1], [2, 3], { advantage: Float32Array.of(5, 6), weight: 0.5 }), datum([1, 2, 3], [4])];
    const [batch] = cutTrainingBatches(data, 64, 100);
    const values = targetValues(batch!, data, { needsOld: true, needsReference: false });
    const first = batch!.spans.find((span) => span.conversation === 0)!;
    expect([...values.advantage.subarray(first.start, first.start + 2)]).toEqual([5, 6]);
    expect([...values.weight].reduce((sum, weight) => sum + weight)).toBe(2);
  });

  test('a missing reference or an array of another length is named', () => {
    const data = [datum([1], [2, 3], { weight: Float32Array.of(1) })];
    const [batch] = cutTrainingBatches(data, 64, 100);
    expect(() => targetValues(batch!, data, { needsOld: false, needsReference: false })).toThrow('datum 0: weight has 1 values for 2');
    expect(() => targetValues(batch!, data, { needsOld: false, needsReference: true })).toThrow('datum 0: reference has no values');
  });
});
