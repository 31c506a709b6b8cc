import type { EntitiesOf, RolloutDocument } from '@memtrain/agent';
import type { Tokenizer } from '@memtrain/policy';
import type { TrainConfig } from '../config/train-config.ts';
import type { DocumentsFile } from '../documents/read-documents-file.ts';
import { chunkEntities } from '../documents/chunk-entities.ts';
import { rolloutDocument } from '../documents/rollout-document.ts';
import { templateFor } from '../model/template-for.ts';
import { documentsOfStep } from './document-order.ts';
import type { ReadingOptions } from './reading-rollout.ts';

export interface DocumentsOfUpdate {
  /** Documents of an update (counted from 1) and of its refills (counted from 1; 0 is the update's own). */
  readonly documents: (step: number, attempt: number) => RolloutDocument[];
  /** Of the documents handed out. */
  readonly entitiesOf: EntitiesOf;
  /** Ids of the documents handed out so far that were longer than what is read of them. */
  readonly cut: ReadonlySet<string>;
}

/** Which documents a run's updates read: it follows from the numbers alone, so a resumed run reads the same. */
export function documentsOfUpdate(file: DocumentsFile, config: TrainConfig, tokenizer: Tokenizer): DocumentsOfUpdate {
  const cut = new Set<string>();
  const entities = chunkEntities(file.documents);
  const order = { count: file.documents.length, perStep: config.documentsPerStep, seed: config.seed };
  // Every update owns the documents of its refills, whether it needs them or not.
  const place = (step: number, attempt: number): number => (step - 1) * (1 + config.refill.attempts) + attempt + 1;
  const documents = (step: number, attempt: number): RolloutDocument[] =>
    documentsOfStep(place(step, attempt), order).map((index) => {
      const source = file.documents[index]!;
      const { whole, ...document } = rolloutDocument(source, { tokenizer, ...config.agent });
      entities.add(source, document.chunks);
      if (!whole) cut.add(document.id);
      return document;
    });
  return { documents, entitiesOf: entities.entitiesOf, cut };
}

/** How the agent of a run reads. */
export function readingOf(config: TrainConfig, tokenizer: Tokenizer): ReadingOptions {
  const { memoryTokens, answerTokens, temperature, layout } = config.agent;
  return { template: templateFor(tokenizer), memoryTokens, answerTokens, temperature, layout };
}
