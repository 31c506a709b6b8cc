import type { RolloutDocument } from '@memtrain/agent';
import { maskedDocument, questionDocument } from '@memtrain/corpus';
import type { World } from '@memtrain/corpus';
import { deriveSeed, randomFromSeed } from '@memtrain/policy';

/** Which kind of document: one entity masked, or a question about a stranger. */
export type WorldTask = 'mask' | 'qa';

export interface WorldDocumentsOptions {
  readonly task: WorldTask;
  readonly count: number;
  /** Chunks of each document. */
  readonly chunks: number;
  readonly seed: number;
}

/** Documents of the synthetic world, ready for a rollout; each follows from the seed and its own place alone. */
export function worldDocuments(world: World, options: WorldDocumentsOptions): RolloutDocument[] {
  const { task, count, chunks, seed } = options;
  return Array.from({ length: count }, (_, index) => {
    const random = randomFromSeed(deriveSeed(seed, task, chunks, index));
    const document = task === 'mask' ? maskedDocument(world, random, { chunks }) : questionDocument(world, random, { chunks });
    return {
      id: `${task}-${index}`,
      chunks: document.chunks,
      gold: [document.answer],
      ...(task === 'qa' && { problem: document.problem }),
      objective: task === 'mask' ? 'E' : 'QA',
    };
  });
}
