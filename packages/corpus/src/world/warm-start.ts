import type { Random } from '../random.ts';
import { defaultWriter, writeMemory } from './demonstration.ts';
import type { WriterOptions } from './demonstration.ts';
import { maskedDocument, pick, questionDocument } from './documents.ts';
import type { WorldDocument } from './documents.ts';
import { entitiesOf, replaceEntity } from './entities.ts';
import { answerPrompt, recallPrompt, updatePrompt } from './prompts.ts';
import { statementText } from './statement.ts';
import type { Statement } from './statement.ts';
import { strangerFacts } from './world.ts';
import type { World } from './world.ts';

/** `languageModel`: facts as text. `repeat`: sequences that come twice, to learn copying from. The rest: the agent's three prompts. */
export type WarmStartKind = 'languageModel' | 'repeat' | 'update' | 'answer' | 'recall';

/** One supervised example; the loss is on the completion alone. */
export interface WarmStartRow {
  readonly prompt: string;
  readonly completion: string;
}

export interface WarmStartOptions {
  /** The demonstrated memory writer of `update` rows. */
  readonly writer?: WriterOptions;
  /** Share of rows over question documents; the others are over masked ones. Default 0.5. */
  readonly questions?: number;
}

/** A supervised example of the kind asked for. */
export function warmStartRow(world: World, random: Random, kind: WarmStartKind, options: WarmStartOptions = {}): WarmStartRow {
  switch (kind) {
    case 'languageModel':
      return languageModelRow(world, random);
    case 'repeat':
      return repeatRow(world, random);
    case 'update':
      return updateRow(world, random, options);
    case 'answer':
      return answerRow(world, random, options);
    case 'recall':
      return recallRow(world, random, options);
  }
}

function languageModelRow(world: World, random: Random): WarmStartRow {
  const facts = random.shuffle([...world.facts.values()].flat()).slice(0, 12);
  return split(facts.map(statementText).join(' '));
}

function repeatRow(world: World, random: Random): WarmStartRow {
  const length = 48;
  if (random.float() < 0.5) {
    const words = world.vocabulary.slice(2);
    const once = Array.from({ length: 6 + random.integer(15) }, () => pick(words, random));
    const text = Array.from({ length }, (_, index) => once[index % once.length]!);
    return split(text.join(' '));
  }
  let statements: Statement[] = Array.from({ length: 4 + random.integer(5) }, () => randomStatement(world, random));
  const text: string[] = [];
  while (text.length < length) {
    text.push(...statements.map(statementText).join(' ').split(' '));
    statements = random.shuffle(statements);
  }
  return split(text.slice(0, length).join(' '));
}

function updateRow(world: World, random: Random, options: WarmStartOptions): WarmStartRow {
  const document = shortDocument(world, random, options);
  const writer = options.writer ?? defaultWriter;
  const helpful = new Set(document.gold);
  const telling = document.statements.flatMap((part, index) => (part.some((one) => helpful.has(statementText(one))) ? [index] : []));
  const chunk = telling.length > 0 && random.float() < 0.4 ? pick(telling, random) : random.integer(document.chunks.length);
  let memory: string[] = [];
  for (let index = 0; index < chunk; index++) memory = writeMemory(world, document, memory, index, random, writer);
  const written = writeMemory(world, document, memory, chunk, random, writer);
  return {
    prompt: updatePrompt(document.problem, memory.join(' '), document.chunks[chunk]!),
    completion: [...written, '<eos>'].join(' '),
  };
}

function answerRow(world: World, random: Random, options: WarmStartOptions): WarmStartRow {
  const document = shortDocument(world, random, options);
  const gold = random.shuffle(document.gold).slice(0, 1 + random.integer(world.sizes.memory));
  const helpful = new Set(document.gold);
  const others = random.shuffle(
    document.statements
      .flat()
      .map(statementText)
      .filter((text) => !helpful.has(text)),
  );
  const wanted = 2 + random.integer(world.sizes.memory - 1) - gold.length;
  const memory = random.shuffle([...gold, ...others.slice(0, Math.max(0, wanted))]);
  return { prompt: answerPrompt(document.problem, memory.join(' ')), completion: `${document.answer} <eos>` };
}

function recallRow(world: World, random: Random, options: WarmStartOptions): WarmStartRow {
  const document = shortDocument(world, random, options);
  const chunk = pick(document.chunks, random);
  const target = pick(entitiesOf(world, chunk), random);
  const read = [...new Set(document.statements.flat().map(statementText))];
  const telling = read.filter((text) => chunk.includes(text) && text.split(' ').includes(target));
  const memory = random.float() < 0.7 ? [pick(telling, random)] : [];
  const others = random.shuffle(read.filter((text) => !memory.includes(text)));
  const shown = random.shuffle([...memory, ...others.slice(0, 3 - memory.length)]);
  return { prompt: recallPrompt(shown.join(' '), replaceEntity(chunk, target, '[TARGET]')), completion: `${target} <eos>` };
}

function shortDocument(world: World, random: Random, options: WarmStartOptions): WorldDocument {
  const chunks = 1 + random.integer(3);
  return random.float() < (options.questions ?? 0.5)
    ? questionDocument(world, random, { chunks })
    : maskedDocument(world, random, { chunks });
}

function randomStatement(world: World, random: Random): Statement {
  const people = random.float() < 0.5 ? world.known : world.strangers;
  return pick(strangerFacts(world, pick(people, random), random), random);
}

/** The first word is the prompt: a completion needs something before it. */
function split(text: string): WarmStartRow {
  const space = text.indexOf(' ');
  return { prompt: text.slice(0, space), completion: text.slice(space + 1) };
}
