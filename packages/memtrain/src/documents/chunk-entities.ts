import type { EntitiesOf } from '@memtrain/agent';
import { buildAnchorTable, buildTruecase, findEntities } from '@memtrain/corpus';
import type { MaskedText } from './read-documents-file.ts';

/** Finds the entities of a chunk of these documents, for the recall task: names, dates and numbers that the text itself shows. */
export function chunkEntities(documents: readonly MaskedText[]): EntitiesOf {
  const truecase = buildTruecase(documents.map(({ text }) => text));
  const anchors = buildAnchorTable([]);
  // A group's trajectories ask about the same chunks.
  const found = new Map<string, string[]>();
  return (chunk, exclude) => {
    let entities = found.get(chunk);
    if (!entities) {
      const passage = { title: '', pageId: 0, revisionId: 0, text: chunk, links: [] };
      const texts = findEntities(passage, { truecase, anchors }).map(({ text }) => text);
      entities = [...new Set(texts)].filter((text) => !text.includes('MASK'));
      if (found.size >= 4096) found.clear();
      found.set(chunk, entities);
    }
    return entities.filter((entity) => !exclude.includes(entity));
  };
}
