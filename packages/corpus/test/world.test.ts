import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CorpusError } from '../src/errors.ts';
import { randomFromSeed } from '../src/random.ts';
import { maskedDocument, questionDocument } from '../src/world/documents.ts';
import type { WorldDocument } from '../src/world/documents.ts';
import { entitiesOf, replaceEntity } from '../src/world/entities.ts';
import { statementText } from '../src/world/statement.ts';
import { createWorld } from '../src/world/world.ts';

const world = createWorld(1);
const seeds = fc.integer({ min: 0, max: 1_000_000 });
const lengths = fc.integer({ min: 1, max: 32 });
const documents = fc.tuple(seeds, lengths, fc.boolean()).map(([seed, chunks, question]): WorldDocument => {
  const random = randomFromSeed(seed);
  return question ? questionDocument(world, random, { chunks }) : maskedDocument(world, random, { chunks });
});
const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('a synthetic world', () => {
  test('is the same for the same seed and another for another seed', () => {
    expect([...createWorld(7).facts]).toEqual([...createWorld(7).facts]);
    expect([...createWorld(7).facts]).not.toEqual([...createWorld(8).facts]);
  });

  test('has a vocabulary of different words that begins with padding and end and holds every mark', () => {
    expect(new Set(world.vocabulary).size).toBe(world.vocabulary.length);
    expect(world.vocabulary.slice(0, 2)).toEqual(['<pad>', '<eos>']);
    for (const word of ['<q>', '<mem>', '<chk>', '<upd>', '<ans>', '[MASK]', '[TARGET]', 'which', '?'])
      expect(world.vocabulary).toContain(word);
  });

  test('gives every known person one fact a relation, and no object to more people than its share', () => {
    for (const [subject, facts] of world.facts) {
      expect(facts.map((fact) => fact.relation)).toEqual(world.relations);
      expect(facts.every((fact) => fact.subject === subject)).toBe(true);
    }
    const held = new Map<string, number>();
    for (const { object } of [...world.facts.values()].flat()) held.set(object, (held.get(object) ?? 0) + 1);
    expect(Math.max(...held.values())).toBeLessThanOrEqual(Math.ceil(world.known.length / world.sizes.objects));
  });

  test('keeps its words apart at its largest sizes', () => {
    const large = createWorld(3, { known: 40, strangers: 39, relations: 6, objects: 16 });
    expect(new Set(large.vocabulary).size).toBe(large.vocabulary.length);
  });

  test.each([{ known: 3 }, { objects: 17 }, { relations: 2.5 }, { chunk: 1 }, { known: 60, strangers: 60 }])(
    'refuses sizes %j',
    (sizes) => {
      const error = thrownBy(() => createWorld(1, sizes));
      expect(CorpusError.isInstance(error) && error.code).toBe('bad-options');
    },
  );
});

describe('a document of the world', () => {
  test('fills the chunks asked for, uses only words of the vocabulary, and states its gold', () => {
    const vocabulary = new Set(world.vocabulary);
    fc.assert(
      fc.property(documents, (document) => {
        for (const [index, chunk] of document.chunks.entries()) {
          expect(chunk).toBe(document.statements[index]!.map(statementText).join(' '));
          expect(document.statements[index]).toHaveLength(world.sizes.chunk);
        }
        const words = [document.problem, document.answer, ...document.chunks].join(' ').split(' ');
        expect(words.every((word) => vocabulary.has(word))).toBe(true);
        const stated = new Set(document.statements.flat().map(statementText));
        expect(document.gold.length).toBeGreaterThan(0);
        expect(document.gold.every((text) => stated.has(text))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('is the same for the same random state', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, chunks) => {
        expect(maskedDocument(world, randomFromSeed(seed), { chunks })).toEqual(maskedDocument(world, randomFromSeed(seed), { chunks }));
      }),
      { numRuns: 20 },
    );
  });

  test('never names the masked entity, and masks nothing but gold statements', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, chunks) => {
        const document = maskedDocument(world, randomFromSeed(seed), { chunks });
        expect(document.problem).toBe('which [MASK] ?');
        expect(document.chunks.join(' ').split(' ')).not.toContain(document.answer);
        const masked = document.statements
          .flat()
          .map(statementText)
          .filter((text) => text.includes('[MASK]'));
        expect([...masked].sort()).toEqual([...document.gold].sort());
      }),
      { numRuns: 60 },
    );
  });

  test('masks what the facts of known people give back', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const document = maskedDocument(world, randomFromSeed(seed), { chunks: 4 });
        const facts = new Set([...world.facts.values()].flat().map(statementText));
        expect(document.gold.every((text) => facts.has(replaceEntity(text, '[MASK]', document.answer)))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('asks a question whose only stated answer is the gold one', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, chunks) => {
        const document = questionDocument(world, randomFromSeed(seed), { chunks });
        const [, relation, subject] = document.problem.split(' ');
        const said = document.statements.flat().filter((one) => one.subject === subject && one.relation === relation);
        expect(new Set(said.map((one) => one.object))).toEqual(new Set([document.answer]));
        expect(world.strangers).toContain(subject);
      }),
      { numRuns: 60 },
    );
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses %p chunks', (chunks) => {
    const error = thrownBy(() => questionDocument(world, randomFromSeed(1), { chunks }));
    expect(CorpusError.isInstance(error) && error.code).toBe('bad-options');
  });
});

describe('entities of a text', () => {
  test('are people and objects, once each, without masks and relation words', () => {
    expect(entitiesOf(world, 'alice born rome [MASK] born oslo alice plays chess')).toEqual(['alice', 'rome', 'oslo', 'chess']);
  });

  test('can be replaced everywhere, whole words only', () => {
    expect(replaceEntity('alice born rome bruno born rome', 'rome', '[TARGET]')).toBe('alice born [TARGET] bruno born [TARGET]');
    expect(replaceEntity('alice born rome', 'rom', '[TARGET]')).toBe('alice born rome');
  });
});
