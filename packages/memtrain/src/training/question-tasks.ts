import type { RolloutDocument } from '@memtrain/agent';
import type { Benchmark, BenchmarkItem } from '@memtrain/benchmarks';
import type { TrainConfig } from '../config/train-config.ts';
import type { CustomReward } from './custom-reward.ts';
import { documentsOfStep } from './document-order.ts';
import { cutNote } from './document-task.ts';
import { readingOf } from './documents-of-update.ts';
import { describeEstimate, estimateTraining } from './dry-run.ts';
import { describeSearchEstimate, estimateSearch } from './dry-run-search.ts';
import type { OpenedRetriever } from './open-retriever.ts';
import { questionDocument, textOf } from './open-questions.ts';
import { readingRollout } from './reading-rollout.ts';
import { searchRollout, searchTemplateFor } from './search-rollout.ts';
import type { TrainingTask } from './training-task.ts';

/** Questions about texts that are read chunk by chunk (MemAgent's training). There is nothing to recall: `recallSamples` and `lambda` are 0. */
export function readingQuestionTask(benchmark: Benchmark, config: TrainConfig, customReward: CustomReward | undefined): TrainingTask {
  return {
    data: { questions: identityOf(benchmark) },
    about: `${benchmark.items.length} questions`,
    texts: () => Promise.all(benchmark.items.map(async (item) => `${item.question}\n${await textOf(item)}`)),
    open: (learner) => {
      const { tokenizer } = learner;
      const reading = readingOf(config, tokenizer);
      const cut = new Set<string>();
      const documents = (step: number, attempt: number): Promise<RolloutDocument[]> =>
        Promise.all(
          itemsOfUpdate(benchmark, config, { step, attempt }).map(async (item) => {
            const { whole, ...document } = await questionDocument(item, { tokenizer, ...config.agent });
            if (!whole) cut.add(document.id);
            return document;
          }),
        );
      return {
        rollout: readingRollout({ arm: 'train', documents, reading, objective: config.objective, customReward }),
        notes: () => cutNote(cut.size, config),
        estimate: async () => {
          const probe = { config, documents: await documents(1, 0), reading, entitiesOf: () => [] };
          return describeEstimate(await estimateTraining(learner, probe), config);
        },
      };
    },
    close: () => undefined,
  };
}

/** Questions whose answers are searched for (MEM1's and Search-R1's training). */
export function searchQuestionTask(
  benchmark: Benchmark,
  config: TrainConfig,
  from: { readonly retriever: OpenedRetriever; readonly customReward: CustomReward | undefined },
): TrainingTask {
  const { retriever, customReward } = from;
  const search = config.search!;
  return {
    data: { questions: identityOf(benchmark), retriever: retriever.identity },
    about: `${benchmark.items.length} questions, answers searched for in ${retriever.about}`,
    texts: () => benchmark.items.map(({ question, gold }) => [question, ...gold.answers.flat()].join('\n')),
    open: (learner) => {
      const base = {
        questions: (step: number, attempt: number) => itemsOfUpdate(benchmark, config, { step, attempt }),
        retriever: retriever.retriever,
        search,
        template: searchTemplateFor(learner.tokenizer, search),
        temperature: config.agent.temperature,
        groupSize: config.objective.groupSize,
        leakProbes: config.objective.leakProbes,
      };
      return {
        rollout: searchRollout({ ...base, customReward }),
        notes: () => [],
        estimate: async () => {
          const probe = searchRollout({ ...base, questions: () => benchmark.items.slice(0, 1), groupSize: 2, leakProbes: 0 });
          return describeSearchEstimate(await estimateSearch(learner, { config, probe }), config);
        },
      };
    },
    close: () => retriever.close(),
  };
}

function identityOf({ name, corpusHash, items }: Benchmark): Readonly<Record<string, unknown>> {
  return { format: name, sha256: corpusHash, count: items.length };
}

/** The questions of an update and of its refills: it follows from the numbers alone. */
function itemsOfUpdate(
  { items }: Benchmark,
  { refill, documentsPerStep, seed }: TrainConfig,
  at: { readonly step: number; readonly attempt: number },
): BenchmarkItem[] {
  const place = (at.step - 1) * (1 + refill.attempts) + at.attempt + 1;
  return documentsOfStep(place, { count: items.length, perStep: documentsPerStep, seed }).map((index) => items[index]!);
}
