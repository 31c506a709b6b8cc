import type { World } from './world.ts';

/** The people and objects named in a text of this world, each once, in order of first appearance; mask words are not among them. */
export function entitiesOf(world: World, text: string): string[] {
  return [...new Set(text.split(/\s+/).filter((word) => world.entities.has(word)))];
}

/** The text with every occurrence of the entity replaced by the placeholder. */
export function replaceEntity(text: string, entity: string, placeholder: string): string {
  return text
    .split(/\s+/)
    .map((word) => (word === entity ? placeholder : word))
    .join(' ');
}
