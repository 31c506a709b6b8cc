import type { TrainConfig } from '../config/train-config.ts';
import { readDocumentsFile } from '../documents/read-documents-file.ts';
import type { CustomReward } from './custom-reward.ts';
import { documentsOfUpdate, readingOf } from './documents-of-update.ts';
import { describeEstimate, estimateTraining } from './dry-run.ts';
import { readingRollout } from './reading-rollout.ts';
import type { TrainingTask } from './training-task.ts';

/** Masked reconstruction and recall on a `documents.jsonl`. Throws what `readDocumentsFile` throws. */
export function documentTask(path: string, config: TrainConfig, customReward: CustomReward | undefined): TrainingTask {
  const file = readDocumentsFile(path);
  const count = file.documents.length;
  return {
    data: { documents: { sha256: file.sha256, count } },
    about: `${count} documents`,
    texts: () => file.documents.map(({ text }) => text),
    open: (learner) => {
      const { documents, entitiesOf, cut } = documentsOfUpdate(file, config, learner.tokenizer);
      const reading = readingOf(config, learner.tokenizer);
      return {
        rollout: readingRollout({ arm: 'train', documents, entitiesOf, reading, objective: config.objective, customReward }),
        notes: () => cutNote(cut.size, config),
        estimate: async () => {
          const estimate = await estimateTraining(learner, { config, documents: documents(1, 0), reading, entitiesOf });
          return describeEstimate(estimate, config);
        },
      };
    },
    close: () => undefined,
  };
}

/** Says how many documents were too long to be read whole. */
export function cutNote(count: number, { agent }: TrainConfig): string[] {
  if (count === 0) return [];
  return [`${count} documents were longer than ${agent.maxChunks} chunks of ${agent.chunkTokens} tokens: a part of each was read`];
}
