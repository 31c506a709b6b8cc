import type { EntitiesOf } from '@memtrain/agent';
import { buildAnchorTable, buildTruecase, findEntities } from '@memtrain/corpus';
import type { MaskedText } from './read-documents-file.ts';

/** Entities that recall may ask for, by chunk. */
export interface ChunkEntities {
  readonly entitiesOf: EntitiesOf;
  /** Says which document these chunks are of: of its entities, those that stand in a chunk may be asked for. */
  add(document: MaskedText, chunks: readonly string[]): void;
}

/** Chunks remembered; more than any update has. */
const MOST_CHUNKS = 65_536;

/**
 * Finds the entities of chunks: those that the document's line names, or, for documents that name none, the names, dates and numbers that
 * the text itself shows.
 */
export function chunkEntities(documents: readonly MaskedText[]): ChunkEntities {
  const search = documents.some(({ entities }) => !entities) ? searchChunk(documents) : undefined;
  const found = new Map<string, readonly string[]>();
  const remember = (chunk: string, entities: readonly string[]): readonly string[] => {
    // The last put in stay longest: those of the update under way are never forgotten.
    found.delete(chunk);
    found.set(chunk, entities);
    if (found.size > MOST_CHUNKS) found.delete(found.keys().next().value!);
    return entities;
  };
  return {
    entitiesOf: (chunk, exclude) =>
      (found.get(chunk) ?? remember(chunk, search?.(chunk) ?? [])).filter((entity) => !exclude.includes(entity)),
    add({ entities }, chunks) {
      // The document added last has its say even of chunks that are known: a resumed run does not know them.
      for (const chunk of chunks) {
        if (entities)
          remember(
            chunk,
            entities.filter((entity) => chunk.includes(entity)),
          );
        else found.delete(chunk);
      }
    },
  };
}

function searchChunk(documents: readonly MaskedText[]): (chunk: string) => string[] {
  const truecase = buildTruecase(documents.map(({ text }) => text));
  const anchors = buildAnchorTable([]);
  return (text) => {
    const passage = { title: '', pageId: 0, revisionId: 0, text, links: [] };
    const texts = findEntities(passage, { truecase, anchors }).map((entity) => entity.text);
    return [...new Set(texts)].filter((entity) => !entity.includes('MASK'));
  };
}
