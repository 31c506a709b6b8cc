import type { TrainConfig } from '../config/train-config.ts';
import { MemtrainError } from '../errors.ts';
import type { CustomReward } from './custom-reward.ts';
import { documentTask } from './document-task.ts';
import { moduleTask } from './module-task.ts';
import { openQuestions } from './open-questions.ts';
import { openRetriever } from './open-retriever.ts';
import { readingQuestionTask, searchQuestionTask } from './question-tasks.ts';
import type { TrainingTask } from './training-task.ts';

/** Where a run's data come from. */
export interface TaskSources {
  readonly documents?: string | undefined;
  readonly questions?: string | undefined;
  readonly format: string;
  readonly objectives: number;
  readonly retriever?: string | undefined;
}

/** What the options and the configuration say is trained. Throws `MemtrainError` (`usage` for what does not go together). */
export async function openTask(sources: TaskSources, config: TrainConfig, customReward: CustomReward | undefined): Promise<TrainingTask> {
  checkSources(sources, config, customReward);
  const { documents, questions, format, objectives, retriever } = sources;
  if (config.task !== undefined) return moduleTask(config.task, config);
  if (documents !== undefined) return documentTask(documents, config, customReward);
  const benchmark = await openQuestions(questions!, { format, objectives, withText: !config.search });
  if (!config.search) return readingQuestionTask(benchmark, config, customReward);
  return searchQuestionTask(benchmark, config, { retriever: await openRetriever(retriever!), customReward });
}

/** A run on questions has nothing to recall. */
export function configFor({ questions }: TaskSources, config: TrainConfig): TrainConfig {
  return questions === undefined ? config : { ...config, objective: { ...config.objective, recallSamples: 0, lambda: 0 } };
}

function checkSources(sources: TaskSources, config: TrainConfig, customReward: CustomReward | undefined): void {
  const fail = (text: string): never => {
    throw new MemtrainError('usage', text);
  };
  const { documents, questions, retriever } = sources;
  const given = [documents, questions, config.task].filter((source) => source !== undefined).length;
  if (given !== 1) fail('train needs one thing to train on: give --documents, or --questions, or the setting "task"');
  if (config.task !== undefined && customReward)
    fail('"objective.reward" is set, but a task of your own rewards its groups itself: leave one of them out');
  if (config.task !== undefined && config.model.folder === undefined)
    fail('"task" is set, but "model.folder" is not: a task of your own brings no text that a tokenizer could be learnt from');
  if (config.search && questions === undefined) fail('"search" is set: give the questions to search for with --questions');
  if (config.search && retriever === undefined)
    fail('"search" is set: give --retriever, the folder of an index (memtrain serve-retriever) or the address of a /retrieve server');
  if (!config.search && retriever !== undefined)
    fail('--retriever goes with an agent that searches: give --preset mem1 or search-r1, or set "search.turns"');
}
