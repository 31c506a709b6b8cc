import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomFromSeed } from '../src/random.ts';
import { writeMemory } from '../src/world/demonstration.ts';
import { maskedDocument } from '../src/world/documents.ts';
import { answerPrompt, recallPrompt, updatePrompt } from '../src/world/prompts.ts';
import { statementText } from '../src/world/statement.ts';
import { warmStartRow } from '../src/world/warm-start.ts';
import type { WarmStartKind } from '../src/world/warm-start.ts';
import { createWorld } from '../src/world/world.ts';

const world = createWorld(1);
const seeds = fc.integer({ min: 0, max: 1_000_000 });
const kinds: readonly WarmStartKind[] = ['languageModel', 'repeat', 'update', 'answer', 'recall'];
const triples = (text: string): string[] => {
  const words = text.split(' ').filter(Boolean);
  return words.flatMap((_, index) => (index % 3 === 0 ? [words.slice(index, index + 3).join(' ')] : []));
};

describe('prompts of the world', () => {
  test('have the three layouts, an empty memory leaving no gap', () => {
    expect(updatePrompt('which born alice ?', 'bruno plays chess', 'alice born rome')).toBe(
      '<q> which born alice ? <mem> bruno plays chess <chk> alice born rome <upd>',
    );
    expect(answerPrompt('which [MASK] ?', '')).toBe('<q> which [MASK] ? <mem> <ans>');
    expect(recallPrompt('alice born rome', 'alice born [TARGET]')).toBe(
      '<q> which [TARGET] ? <mem> alice born rome <chk> alice born [TARGET] <ans>',
    );
  });
});

describe('a warm-start row', () => {
  test.each(kinds)('of kind %s uses only words of the vocabulary, has both parts and repeats itself for one seed', (kind) => {
    const vocabulary = new Set(world.vocabulary);
    fc.assert(
      fc.property(seeds, (seed) => {
        const row = warmStartRow(world, randomFromSeed(seed), kind);
        expect(row.prompt.length > 0 && row.completion.length > 0).toBe(true);
        expect(`${row.prompt} ${row.completion}`.split(' ').every((word) => vocabulary.has(word))).toBe(true);
        expect(`${row.prompt} ${row.completion}`).not.toContain('<pad>');
        expect(warmStartRow(world, randomFromSeed(seed), kind)).toEqual(row);
      }),
      { numRuns: 40 },
    );
  });

  test('of kind update copies statements of the memory and the chunk, each once, and ends', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const row = warmStartRow(world, randomFromSeed(seed), 'update');
        const [, memory, chunk] = /<mem> (.*)<chk> (.*) <upd>$/.exec(row.prompt)!;
        const shown = new Set([...triples(memory!), ...triples(chunk!)]);
        expect(row.completion.endsWith('<eos>')).toBe(true);
        const written = triples(row.completion.replace(/ ?<eos>$/, ''));
        expect(written.length).toBeLessThanOrEqual(world.sizes.memory);
        expect(new Set(written).size).toBe(written.length);
        expect(written.every((text) => shown.has(text))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('of kind answer and recall is answered by one word and the end', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom('answer' as const, 'recall' as const), (seed, kind) => {
        const row = warmStartRow(world, randomFromSeed(seed), kind);
        const [answer, end, ...more] = row.completion.split(' ');
        expect([world.entities.has(answer!), end, more]).toEqual([true, '<eos>', []]);
        if (kind === 'recall') {
          const chunk = row.prompt.split('<chk>')[1]!;
          expect(chunk).toContain('[TARGET]');
          expect(chunk.split(' ')).not.toContain(answer);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('of kind answer is over question documents alone, or masked ones alone, when asked for', () => {
    const random = randomFromSeed(5);
    for (let index = 0; index < 20; index++) {
      expect(warmStartRow(world, random, 'answer', { questions: 1 }).prompt).not.toContain('[MASK]');
      expect(warmStartRow(world, random, 'answer', { questions: 0 }).prompt).toContain('[MASK]');
    }
  });
});

describe('the demonstrated writer', () => {
  test('keeps and takes every helpful statement that fits when told to be perfect', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 12 }), (seed, chunks) => {
        const random = randomFromSeed(seed);
        const document = maskedDocument(world, random, { chunks });
        let memory: string[] = [];
        for (let chunk = 0; chunk < chunks; chunk++)
          memory = writeMemory(world, document, memory, chunk, random, { keepOld: 1, takeNew: 1 });
        expect(document.gold.every((text) => memory.includes(text))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('fills up to three statements with the last ones of the chunk when it finds nothing', () => {
    const random = randomFromSeed(3);
    const document = maskedDocument(world, random, { chunks: 2 });
    const memory = writeMemory(world, document, [], 0, random, { keepOld: 0, takeNew: 0 });
    const plain = [...new Set(document.statements[0]!.map(statementText))].filter((text) => !text.includes('[MASK]'));
    expect(memory).toEqual(plain.slice(-3));
  });
});
