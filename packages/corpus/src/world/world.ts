import { randomFromSeed } from '../random.ts';
import type { Random } from '../random.ts';
import { CorpusError } from '../errors.ts';
import type { Statement } from './statement.ts';
import { markWords, personWords, relationWords } from './words.ts';

/** How large a world is. */
export interface WorldSizes {
  /** People whose facts are fixed by the world's seed: what a language model can know by heart. */
  readonly known: number;
  /** People whose facts are drawn afresh for every document: what can only be read. */
  readonly strangers: number;
  /** Relations, at most 6. */
  readonly relations: number;
  /** Possible objects of each relation, at most 16. */
  readonly objects: number;
  /** Statements in a chunk. */
  readonly chunk: number;
  /** Statements that a memory may hold. */
  readonly memory: number;
}

/** A synthetic world whose every word is one token: people, relations, objects and the facts of the known people. */
export interface World {
  readonly sizes: WorldSizes;
  /** Every word that any document, prompt or completion of this world may hold; `<pad>` is word 0 and `<eos>` word 1. */
  readonly vocabulary: readonly string[];
  readonly known: readonly string[];
  readonly strangers: readonly string[];
  readonly relations: readonly string[];
  /** The possible objects of each relation. */
  readonly objects: ReadonlyMap<string, readonly string[]>;
  /** The facts of each known person, one a relation. */
  readonly facts: ReadonlyMap<string, readonly Statement[]>;
  /** All words that name a person or an object. */
  readonly entities: ReadonlySet<string>;
}

/** The sizes that the demonstration is tuned to. */
export const defaultWorldSizes: WorldSizes = { known: 20, strangers: 20, relations: 4, objects: 8, chunk: 6, memory: 4 };

/** A world from its seed. Throws `CorpusError` (`bad-options`) when a size is out of range. */
export function createWorld(seed: number, sizes: Partial<WorldSizes> = {}): World {
  const all = { ...defaultWorldSizes, ...sizes };
  checkSizes(all);
  const random = randomFromSeed(seed);
  const known = personWords.slice(0, all.known);
  const strangers = personWords.slice(all.known, all.known + all.strangers);
  const used = relationWords.slice(0, all.relations);
  const objects = new Map(used.map(([relation, words]) => [relation, words.slice(0, all.objects)]));
  const relations = used.map(([relation]) => relation);
  const facts = new Map(known.map((subject) => [subject, [] as Statement[]]));
  for (const [relation, words] of objects) {
    // Every object is held by about as many known people as any other, so that no object is a good guess.
    const dealt = random.shuffle(known.map((_, index) => words[index % words.length]!));
    known.forEach((subject, index) => facts.get(subject)!.push({ subject, relation, object: dealt[index]! }));
  }
  const entityWords = [...known, ...strangers, ...[...objects.values()].flat()];
  return {
    sizes: all,
    vocabulary: [...markWords, ...relations, ...entityWords],
    known,
    strangers,
    relations,
    objects,
    facts,
    entities: new Set(entityWords),
  };
}

/** Fresh facts of a stranger, one a relation, for one document. */
export function strangerFacts(world: World, subject: string, random: Random): Statement[] {
  return world.relations.map((relation) => {
    const words = world.objects.get(relation)!;
    return { subject, relation, object: words[random.integer(words.length)]! };
  });
}

function checkSizes(sizes: WorldSizes): void {
  const largest: Record<keyof WorldSizes, number> = {
    known: personWords.length,
    strangers: personWords.length,
    relations: relationWords.length,
    objects: 16,
    chunk: 64,
    memory: 64,
  };
  for (const [name, limit] of Object.entries(largest) as [keyof WorldSizes, number][]) {
    const value = sizes[name];
    const least = name === 'known' || name === 'strangers' ? 4 : 2;
    if (!Number.isInteger(value) || value < least || value > limit) {
      throw new CorpusError('bad-options', `world size "${name}" is ${value}: give a whole number from ${least} to ${limit}`);
    }
  }
  if (sizes.known + sizes.strangers > personWords.length) {
    throw new CorpusError(
      'bad-options',
      `${sizes.known} known people and ${sizes.strangers} strangers need more than ${personWords.length} names: lower one of them`,
    );
  }
}
