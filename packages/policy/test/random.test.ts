import { describe, expect, test } from '@jest/globals';
import { deriveSeed, randomFromSeed, randomFromState } from '@memtrain/policy';
import type { Random } from '@memtrain/policy';
import fc from 'fast-check';

const draw = (random: Random, count = 20): number[] => Array.from({ length: count }, () => random.float());

describe('a seeded generator', () => {
  test('gives the same numbers for the same seed, others for another', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        expect(draw(randomFromSeed(a))).toEqual(draw(randomFromSeed(a)));
        fc.pre(a !== b);
        expect(draw(randomFromSeed(a))).not.toEqual(draw(randomFromSeed(b)));
      }),
    );
  });

  test('gives these very numbers on every machine', () => {
    const random = randomFromSeed(7);
    expect([random.float(), random.integer(1000), random.integer(6)]).toMatchInlineSnapshot(`
[
  0.9999998825951237,
  975,
  5,
]
`);
    expect(random.shuffle(['a', 'b', 'c', 'd', 'e'])).toMatchInlineSnapshot(`
[
  "e",
  "c",
  "b",
  "a",
  "d",
]
`);
  });

  test('goes on exactly where its state was taken, also after JSON', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(50), (seed, skipped) => {
        const random = randomFromSeed(seed);
        draw(random, skipped);
        const state = JSON.parse(JSON.stringify(random.state())) as number[];
        const expected = draw(random);
        expect(draw(randomFromState(state))).toEqual(expected);
      }),
    );
  });

  test('draws floats in [0, 1) and integers in [0, size), each about equally often', () => {
    const random = randomFromSeed(1);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[random.integer(10)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    const floats = draw(random, 10_000);
    expect(floats.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(floats.reduce((sum, value) => sum + value, 0) / floats.length).toBeCloseTo(0.5, 1);
    expect(random.integer(1)).toBe(0);
  });

  test('shuffles a copy: the same items, the input untouched, every order possible', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
        const before = [...items];
        const shuffled = randomFromSeed(seed).shuffle(items);
        expect(items).toEqual(before);
        expect([...shuffled].sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
      }),
    );
    const orders = new Set(Array.from({ length: 200 }, (_, seed) => randomFromSeed(seed).shuffle([1, 2, 3]).join('')));
    expect(orders.size).toBe(6);
  });
});

describe('deriveSeed', () => {
  test('gives 32-bit integers that depend on every part and on where it ends', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.nat(), (run, name, step) => {
        const seed = deriveSeed(run, name, step);
        expect(seed).toBe(seed | 0);
        expect(deriveSeed(run, name, step)).toBe(seed);
      }),
    );
    expect(deriveSeed(1, 23)).not.toBe(deriveSeed(12, 3));
    expect(deriveSeed('rollout', 1)).not.toBe(deriveSeed('recall', 1));
  });

  test('spreads neighbours: 20,000 derived seeds hardly collide, and their bits are balanced', () => {
    const seeds = Array.from({ length: 20_000 }, (_, i) => deriveSeed(5, 'rollout', Math.floor(i / 100), i % 100));
    expect(new Set(seeds).size).toBeGreaterThan(19_990);
    for (let bit = 0; bit < 32; bit++) {
      const ones = seeds.filter((seed) => (seed >>> bit) & 1).length;
      expect(Math.abs(ones - 10_000)).toBeLessThan(500);
    }
  });

  test('makes streams whose first numbers are not alike', () => {
    const firsts = Array.from({ length: 2_000 }, (_, i) => randomFromSeed(deriveSeed(0, i)).float());
    expect(firsts.reduce((sum, value) => sum + value, 0) / firsts.length).toBeCloseTo(0.5, 1);
    expect(new Set(firsts.map((value) => Math.floor(value * 20))).size).toBe(20);
  });
});
