import type { Entity, EntityKind } from '../entities/entity.ts';
import { defaultShares } from '../masking/order-entities.ts';
import type { Random } from '../random.ts';
import type { TokenChunk } from '../tokens/cut-token-chunks.ts';
import type { DocumentChunk } from './document.ts';

/** A passage inside the document's text. */
export interface PassagePlace {
  readonly start: number;
  readonly end: number;
  /** Its entities before masking, in any order. */
  readonly entities: () => Promise<readonly Entity[]>;
}

export interface ChunkEntitiesOptions {
  /** Most entities of a chunk. */
  readonly most: number;
  readonly random: Random;
  /** Spellings that may not be asked for: the answer's. */
  readonly exclude: ReadonlySet<string>;
  readonly shares?: Readonly<Partial<Record<EntityKind, number>>>;
}

/** Passages of a chunk that are searched; more of them would only add choices to draw from. */
const PASSAGES_A_CHUNK = 8;

/** Adds to each chunk entities to ask for: drawn type by type in the mix of the shares, each standing in the chunk as it is spelled. */
export async function chunkEntities(
  text: string,
  chunks: readonly TokenChunk[],
  places: readonly PassagePlace[],
  options: ChunkEntitiesOptions,
): Promise<DocumentChunk[]> {
  const { most, random, exclude, shares = defaultShares } = options;
  const listed: DocumentChunk[] = [];
  for (const chunk of chunks) {
    const inside = places.filter(({ start, end }) => start < chunk.end && end > chunk.start);
    const found = new Map<string, EntityKind>();
    for (const { start, end, entities } of most === 0 ? [] : random.shuffle(inside).slice(0, PASSAGES_A_CHUNK)) {
      const part = text.slice(Math.max(start, chunk.start), Math.min(end, chunk.end));
      for (const { text: own, kind } of await entities()) if (!exclude.has(own) && standsIn(part, own)) found.set(own, kind);
    }
    listed.push({ ...chunk, entities: mix(found, most, random, shares) });
  }
  return listed;
}

function standsIn(part: string, entity: string): boolean {
  const at = part.indexOf(entity);
  if (at < 0) return false;
  const before = /[\p{L}\p{N}\p{M}_]$/u.test(part.slice(Math.max(0, at - 2), at)) && /^[\p{L}\p{N}]/u.test(entity);
  const after = /^[\p{L}\p{N}\p{M}_]/u.test(part.slice(at + entity.length, at + entity.length + 2)) && /[\p{L}\p{N}]$/u.test(entity);
  return !before && !after;
}

function mix(
  found: ReadonlyMap<string, EntityKind>,
  most: number,
  random: Random,
  shares: Readonly<Partial<Record<EntityKind, number>>>,
): { text: string; type: EntityKind }[] {
  const byKind = new Map<EntityKind, string[]>();
  for (const [text, kind] of found) {
    if (!((shares[kind] ?? 0) > 0)) continue;
    const own = byKind.get(kind);
    if (own) own.push(text);
    else byKind.set(kind, [text]);
  }
  const kinds = [...byKind.keys()].toSorted();
  const drawn: { text: string; type: EntityKind }[] = [];
  while (drawn.length < most && kinds.length > 0) {
    let at = random.float() * kinds.reduce((sum, kind) => sum + shares[kind]!, 0);
    const place = Math.max(
      0,
      kinds.findIndex((kind) => (at -= shares[kind]!) < 0),
    );
    const own = byKind.get(kinds[place]!)!;
    drawn.push({ text: own.splice(random.integer(own.length), 1)[0]!, type: kinds[place]! });
    if (own.length === 0) kinds.splice(place, 1);
  }
  return drawn;
}
