import { deriveSeed } from '@memtrain/policy';
import { AgentError } from '../errors.ts';

/** The item that was asked for by its place or its id; without a wish one that follows from the seed. Throws `AgentError`. */
export function pick<T extends { readonly id: string }>(
  items: readonly T[],
  wish: { readonly asked: unknown; readonly seed: number; readonly name: string },
): T {
  const { asked, seed, name } = wish;
  const found =
    asked === undefined
      ? items[(deriveSeed(seed, name) >>> 0) % items.length]
      : items.find((item, index) => asked === index || asked === item.id);
  if (found) return found;
  throw new AgentError('bad-options', `there is no ${name} ${JSON.stringify(asked)}: give a place from 0 to ${items.length - 1}, or an id`);
}
