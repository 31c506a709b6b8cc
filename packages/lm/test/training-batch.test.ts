import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomFromSeed, type Datum } from '@memtrain/policy';
import type { LanguageModelError } from '../src/errors.ts';
import { cutTrainingBatches, targetValues, type TrainingBatch } from '../src/training-batch.ts';

function datum(prompt: ArrayLike<number>, completion: ArrayLike<number>, extra: Partial<Datum> = {}): Datum {
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

const cut = (data: readonly Datum[], tokenBudget: number, maxPositions = 4096, branched = false): TrainingBatch[] =>
  cutTrainingBatches(data, { tokenBudget, maxPositions, ...(branched && { pairCost: 1 / 256, branched }) });

/** Ids and positions of the tokens that a place sees, itself last. */
function seenFrom(batch: TrainingBatch, place: number): { ids: number[]; positions: number[] } {
  const places = placesSeen(batch, place);
  return { ids: places.map((key) => batch.ids[key]!), positions: places.map((key) => batch.positions[key]!) };
}

function placesSeen({ rows, length, branches, ends }: TrainingBatch, place: number): number[] {
  const from = (start: number, end: number): number[] => Array.from({ length: end - start }, (_, i) => start + i);
  if (branches && place >= rows * length) {
    const branch = Math.floor((place - rows * length) / branches.length);
    const start = rows * length + branch * branches.length;
    const trunk = Math.floor(branch / branches.count) * length;
    return [...from(trunk, trunk + length).filter((key) => ends[key]! > length), ...from(start, place + 1)];
  }
  const row = Math.floor(place / length) * length;
  return from(row, place + 1).filter((key) => place - row < ends[key]!);
}

const tokens = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 12 });
const prefix = fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 0, maxLength: 40 });

describe('cutTrainingBatches', () => {
  test('every completion token is predicted from exactly the tokens before it, at their positions, however much is shared', () => {
    const family = fc.tuple(prefix, fc.array(fc.tuple(tokens, tokens), { minLength: 1, maxLength: 5 }));
    fc.assert(
      fc.property(
        fc.array(family, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(32, 128, 512),
        fc.boolean(),
        (families, budget, branched) => {
          const data = families.flatMap(([shared, pairs]) =>
            pairs.map(([prompt, completion]) => datum([...shared, ...prompt], completion)),
          );
          const seen: number[] = [];
          for (const batch of cut(data, budget, 4096, branched)) {
            const { count, length } = batch.branches ?? { count: 0, length: 0 };
            expect(batch.ids.length).toBe(batch.rows * (batch.length + count * length));
            expect(batch.rows === 1 || batch.ids.length <= budget).toBe(true);
            expect(new Set(batch.places).size).toBe(batch.targets);
            for (const span of batch.spans) {
              seen.push(span.conversation);
              const { prompt, completion } = data[span.conversation]!;
              const whole = [...prompt, ...completion];
              expect(span.length).toBe(completion.length);
              for (let t = 0; t < span.length; t++) {
                expect(batch.wanted[span.start + t]).toBe(completion[t]);
                const { ids, positions } = seenFrom(batch, batch.places[span.start + t]!);
                expect(ids).toEqual(whole.slice(0, prompt.length + t));
                expect(positions).toEqual(ids.map((_, i) => i));
              }
            }
          }
          expect(seen.sort((a, b) => a - b)).toEqual(data.map((_, i) => i));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('conversations of one prompt share its tokens', () => {
    const prompt = Array.from({ length: 200 }, (_, i) => i);
    const data = Array.from({ length: 8 }, (_, i) => datum(prompt, [300 + i, 301, 302, 303]));
    const batches = cut(data, 4096);
    expect(batches).toHaveLength(1);
    // 199 shared ones; then each its last prompt token and three of its four completion tokens.
    expect(batches[0]!.tokens).toBe(199 + 8 * 4);
  });

  test('conversations that differ at the end of long prompts share the beginning', () => {
    const chunk = Array.from({ length: 200 }, (_, i) => i);
    const data = Array.from({ length: 4 }, (_, i) => datum([...chunk, 500 + i, 600 + i], [1, 2]));
    expect(cut(data, 4096)[0]!.tokens).toBe(200 + 4 * 3);
  });

  test('samples of one prompt stand as branches of it, those of different prompts and of like size in one batch', () => {
    const data = [0, 1].flatMap((p) =>
      Array.from({ length: 8 }, (_, g) =>
        datum(
          Int32Array.from({ length: 40 }).map((_zero, t) => 100 * p + t),
          new Int32Array(64).fill(g),
        ),
      ),
    );
    const batches = cut(data, 2048, 4096, true);
    expect(batches.map(({ rows, length, branches, tokens: count }) => ({ rows, length, branches, count }))).toEqual([
      // 39 shared tokens a prompt; the last prompt token and 63 of the 64 drawn ones in each branch.
      { rows: 2, length: 48, branches: { count: 8, length: 64 }, count: 2 * (39 + 8 * 64) },
    ]);
  });

  test('readings of one chunk are branches of it, and recalls from each of them branches of their own prompt', () => {
    const chunk = Array.from({ length: 120 }, (_, t) => t);
    const memories = Array.from({ length: 8 }, (_, g) => Array.from({ length: 30 }, (_none, t) => 200 + 30 * g + t));
    const data = memories.flatMap((memory) => [
      datum([...chunk, 1], memory),
      ...Array.from({ length: 8 }, (_, i) => datum([...chunk, ...memory, 2], new Int32Array(14).fill(i))),
    ]);
    const batches = cut(data, 4096, 4096, true);
    expect(batches.reduce((sum, batch) => sum + batch.tokens, 0)).toBe(120 + 8 * 30 + 8 * (150 + 8 * 14));
    expect(batches.every(({ branches }) => branches?.count === 8)).toBe(true);
  });

  test('samples of a prompt that is longer than the budget share it, by as many as twice the memory of one has room for', () => {
    const prompt = Array.from({ length: 1000 }, (_, t) => t);
    const data = Array.from({ length: 8 }, (_, g) => datum(prompt, new Int32Array(250).fill(g)));
    const batches = cut(data, 512, 4096, true);
    expect(batches.map(({ rows, length, branches }) => [rows, length, branches])).toEqual(
      Array.from({ length: 2 }, () => [1, 1024, { count: 4, length: 256 }]),
    );
  });

  test('conversations of very different lengths are packed: as branches they would be mostly padding', () => {
    const prompt = Array.from({ length: 64 }, (_, t) => t);
    const data = Array.from({ length: 9 }, (_, g) => datum(prompt, new Int32Array(g === 0 ? 200 : 3).fill(g)));
    expect(cut(data, 2048, 4096, true).some(({ branches }) => branches)).toBe(false);
  });

  test('on a mix like that of MemTrain at most a tenth of what is computed is padding, in few shapes', () => {
    for (const seed of [1, 2, 3]) {
      const random = randomFromSeed(seed);
      const make = (length: number): Int32Array => Int32Array.from({ length }, () => random.integer(1000));
      const between = (low: number, high: number): number => low + random.integer(high - low + 1);
      const data: Datum[] = [];
      for (let document = 0; document < 8; document++) {
        // Readings: steps of chunk + memory, each answered by a memory; recalls and the final answer: short prompts, short answers.
        for (let step = 0; step < 4; step++) {
          const chunk = make(between(180, 260));
          for (let g = 0; g < 8; g++) data.push(datum([...chunk, ...make(between(20, 120))], make(between(30, 90))));
        }
        for (let recall = 0; recall < 4; recall++) {
          const prompt = make(between(60, 160));
          for (let g = 0; g < 8; g++) data.push(datum(prompt, make(between(2, 12))));
        }
      }
      const batches = cut(data, 2048);
      const computed = batches.reduce((sum, { rows, length }) => sum + rows * length, 0);
      const real = batches.reduce((sum, batch) => sum + batch.tokens, 0);
      expect(1 - real / computed).toBeLessThan(0.1);
      // Without sharing there would be at least as many tokens as all inputs have.
      expect(computed).toBeLessThan(0.7 * data.reduce((sum, { prompt, completion }) => sum + prompt.length + completion.length - 1, 0));
      expect(new Set(batches.map(({ rows, length, targets }) => `${rows} ${length} ${targets}`)).size).toBeLessThan(8);
    }
  });

  test('no batch is larger than the budget, but for a conversation that is', () => {
    const data = [datum(new Int32Array(300).fill(1), [2]), ...Array.from({ length: 30 }, (_, i) => datum([i, i + 1, i + 2], [1, 2]))];
    for (const { rows, length } of cut(data, 256)) expect(rows === 1 || rows * length <= 256).toBe(true);
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
    expect(code(() => cut([datum([1], [2]), datum([1], [])], 64, 9))).toMatch(/^bad-datum: conversation 1/);
    expect(code(() => cut([datum([1, 2, 3], [4, 5])], 64, 3))).toMatch(/^prompt-too-long: conversation 0 has 5 tokens/);
    expect(cut([], 64)).toEqual([]);
  });
});

describe('targetValues', () => {
  test('padding has weight zero and per-token values keep their order', () => {
    const data = [datum([1], [2, 3], { advantage: Float32Array.of(5, 6), weight: 0.5 }), datum([1, 2, 3], [4])];
    const [batch] = cut(data, 64);
    const values = targetValues(batch!, data, { needsOld: true, needsReference: false });
    const first = batch!.spans.find((span) => span.conversation === 0)!;
    expect([...values.advantage.subarray(first.start, first.start + 2)]).toEqual([5, 6]);
    expect([...values.weight].reduce((sum, weight) => sum + weight)).toBe(2);
  });

  test('a missing reference or an array of another length is named', () => {
    const data = [datum([1], [2, 3], { weight: Float32Array.of(1) })];
    const [batch] = cut(data, 64);
    expect(() => targetValues(batch!, data, { needsOld: false, needsReference: false })).toThrow('datum 0: weight has 1 values for 2');
    expect(() => targetValues(batch!, data, { needsOld: false, needsReference: true })).toThrow('datum 0: reference has no values');
  });
});
