import { CorpusError } from '../errors.ts';
import type { Random } from '../random.ts';
import { maskStatement, mentions, statementText } from './statement.ts';
import type { Statement } from './statement.ts';
import { strangerFacts } from './world.ts';
import type { World } from './world.ts';

/** A problem over a text that comes in chunks. */
export interface WorldDocument {
  /** `question`: asks for a stranger's fact, which only the text tells. `mask`: asks which entity `[MASK]` stands for. */
  readonly kind: 'question' | 'mask';
  readonly problem: string;
  /** The one word that answers the problem. */
  readonly answer: string;
  /** The text of each chunk: statements separated by spaces. */
  readonly chunks: readonly string[];
  /** The statements of each chunk, masked as in the text. */
  readonly statements: readonly (readonly Statement[])[];
  /** Texts of the statements that help to answer, each once. */
  readonly gold: readonly string[];
}

export interface WorldDocumentOptions {
  /** Chunks in the document, at least 1. */
  readonly chunks: number;
}

/** A question about a stranger (`which born bella ?`) over a text that states the fact; throws `CorpusError` (`bad-options`). */
export function questionDocument(world: World, random: Random, options: WorldDocumentOptions): WorldDocument {
  const room = roomOf(world, options);
  const subject = pick(world.strangers, random);
  const told = new Map<string, Statement[]>();
  const factsOf = (person: string): Statement[] => {
    if (!told.has(person)) told.set(person, strangerFacts(world, person, random));
    return told.get(person)!;
  };
  const asked = pick(factsOf(subject), random);
  const gold = Array.from({ length: 1 + random.integer(2) }, () => asked);
  const sameSubject = random.shuffle(factsOf(subject).filter((fact) => fact !== asked)).slice(0, 1 + random.integer(2));
  const others = world.strangers.filter((person) => person !== subject);
  const near = [...gold, ...sameSubject];
  const rest = Array.from({ length: room - near.length }, () =>
    pick(random.float() < 0.5 ? world.facts.get(pick(world.known, random))! : factsOf(pick(others, random)), random),
  );
  return {
    kind: 'question',
    problem: `which ${asked.relation} ${subject} ?`,
    answer: asked.object,
    ...inChunks(world, random.shuffle([...near, ...rest])),
    gold: [statementText(asked)],
  };
}

/**
 * A document with one entity replaced by `[MASK]` everywhere (problem `which [MASK] ?`): the masked facts of a known person and of
 * others that share the entity, among facts of other people. What the mask stands for follows from facts fixed in the world.
 * Throws `CorpusError` (`bad-options`).
 */
export function maskedDocument(world: World, random: Random, options: WorldDocumentOptions): WorldDocument {
  const room = roomOf(world, options);
  const pivot = pick(world.known, random);
  const masked = random.float() < 0.25 ? pivot : pick(world.facts.get(pivot)!, random).object;
  const all = [...world.facts.values()].flat();
  const naming = random.shuffle(all.filter((fact) => mentions(fact, masked)));
  const gold = naming.slice(0, Math.min(masked === pivot ? 4 : 1 + random.integer(3), room));
  const plain = world.known.filter((person) => person !== masked);
  const rest: Statement[] = [];
  while (rest.length < room - gold.length) {
    const fact =
      random.float() < 0.5
        ? pick(world.facts.get(pick(plain, random))!, random)
        : pick(strangerFacts(world, pick(world.strangers, random), random), random);
    if (!mentions(fact, masked)) rest.push(fact);
  }
  const hidden = gold.map((fact) => maskStatement(fact, masked, '[MASK]'));
  return {
    kind: 'mask',
    problem: 'which [MASK] ?',
    answer: masked,
    ...inChunks(world, random.shuffle([...hidden, ...rest])),
    gold: hidden.map(statementText),
  };
}

/** One of the items. */
export function pick<T>(items: readonly T[], random: Random): T {
  return items[random.integer(items.length)]!;
}

function roomOf(world: World, options: WorldDocumentOptions): number {
  if (!Number.isInteger(options.chunks) || options.chunks < 1) {
    throw new CorpusError('bad-options', `a document of ${options.chunks} chunks was asked for: give a whole number from 1 up`);
  }
  return options.chunks * world.sizes.chunk;
}

function inChunks(world: World, statements: readonly Statement[]): { chunks: string[]; statements: Statement[][] } {
  const parts: Statement[][] = [];
  for (let start = 0; start < statements.length; start += world.sizes.chunk) parts.push(statements.slice(start, start + world.sizes.chunk));
  return { chunks: parts.map((part) => part.map(statementText).join(' ')), statements: parts };
}
