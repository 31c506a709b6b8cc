import type { Random } from '../random.ts';
import type { WorldDocument } from './documents.ts';
import { statementText } from './statement.ts';
import type { World } from './world.ts';

/** How carefully the demonstrated memory writer works. */
export interface WriterOptions {
  /** Probability of keeping a helpful statement that the memory holds. */
  readonly keepOld: number;
  /** Probability of taking a helpful statement that the chunk shows. */
  readonly takeNew: number;
}

/** Careless on purpose: what it demonstrates leaves reinforcement learning something to improve. */
export const defaultWriter: WriterOptions = { keepOld: 0.6, takeNew: 0.7 };

/**
 * The memory (statement texts) after one chunk: helpful old statements, helpful new ones, then the chunk's last statements until
 * there are three. The filler is deterministic because a tiny model learns to copy far sooner when what to copy is not a matter of chance.
 */
export function writeMemory(
  world: World,
  document: WorldDocument,
  memory: readonly string[],
  chunk: number,
  random: Random,
  writer: WriterOptions = defaultWriter,
): string[] {
  const helpful = new Set(document.gold);
  const read = (document.statements[chunk] ?? []).map(statementText);
  const kept = memory.filter((text) => helpful.has(text) && random.float() < writer.keepOld);
  for (const text of new Set(read)) {
    if (helpful.has(text) && !kept.includes(text) && random.float() < writer.takeNew) kept.push(text);
  }
  const held = kept.slice(0, world.sizes.memory);
  const filler = [...new Set(read)].filter((text) => !helpful.has(text));
  const wanted = Math.min(3, world.sizes.memory) - held.length;
  return wanted > 0 ? [...held, ...filler.slice(-wanted)] : held;
}
