// Every name here is public API: named exports only.
export { randomFromSeed } from './random.ts';
export type { Random } from './random.ts';
export { maskedDocument, questionDocument } from './world/documents.ts';
export type { DocumentOptions, WorldDocument } from './world/documents.ts';
export { entitiesOf } from './world/entities.ts';
export { warmStartRow } from './world/warm-start.ts';
export type { WarmStartKind, WarmStartRow } from './world/warm-start.ts';
export { createWorld, defaultWorldSizes } from './world/world.ts';
export type { World, WorldSizes } from './world/world.ts';
